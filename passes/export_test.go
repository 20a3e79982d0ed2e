package passes

// LeakGuard shows leakGuard to the tests outside.
var LeakGuard = leakGuard
