/** Loaded into a tier before anything else: SIGUSR2 makes a fault that nobody catches. */
process.on("SIGUSR2", () => {
  setImmediate(() => {
    throw new Error("a fault that nobody caught");
  });
});
