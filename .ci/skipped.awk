# Shortens go test -v to what matters where tools are missing: results of
# packages, failures, and each skipped test with its reason before its name.
/^ *=== (RUN|PAUSE|CONT|NAME)/ || /^ *--- PASS/ || /^PASS$/ { next }
/^ *--- SKIP/ { skipped++ }
{ print; fflush() }
END { print skipped + 0 " tests skipped" }
