/** Loaded into a tier before anything else: SIGUSR2 throws an error that nobody catches. */
process.on("SIGUSR2", () => {
  setImmediate(() => {
    throw new Error("an error that nobody caught");
  });
});
