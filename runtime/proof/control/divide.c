/* A function that divides: without a divide instruction the compiler calls a helper. */
int divide(int a, int b);
int divide(int a, int b) { return a / b; }
