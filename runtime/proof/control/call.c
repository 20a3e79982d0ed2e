/* A function that calls one that nobody has looked into. */
int outside(int a);
int call(int a);
int call(int a) { return outside(a) + 1; }
