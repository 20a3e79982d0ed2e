/* A function that neither multiplies nor calls: what every proof must let through. */
int add(int a, int b);
int add(int a, int b) { return a + b; }
