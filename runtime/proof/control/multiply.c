/* A function that multiplies: a proof that finds nothing here is worth nothing. */
int multiply(int a, int b);
int multiply(int a, int b) { return a * b; }
