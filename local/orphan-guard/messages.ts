/** Messages from the owner of an orphan guard. */
export type GuardMessage =
  | { readonly kind: "watch"; readonly pid: number }
  | { readonly kind: "forget"; readonly pid: number }
  /** A folder to remove as well. */
  | { readonly kind: "remove"; readonly folder: string }
  | { readonly kind: "dismiss" };
