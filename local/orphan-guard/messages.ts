/** What the owner of an orphan guard tells it. */
export type GuardMessage =
  | { readonly kind: "watch"; readonly pid: number }
  | { readonly kind: "forget"; readonly pid: number }
  /** A folder that is to go as well. */
  | { readonly kind: "remove"; readonly folder: string }
  | { readonly kind: "dismiss" };
