/**
 * A worker that applies corrections in the order in which they arrive, as a plain update does: an earlier one that comes
 * late replaces a later one. The audit must see it.
 */
import { runAlteredWorker } from "./altered-worker.ts";

interface Update {
  readonly ConditionExpression?: string;
}

/** The part of the condition that compares what is stored with the correction. */
const order = / AND (?:\(attribute_not_exists\(mailbox\) OR .*|attribute_not_exists\(mailbox\) AND .*)$/;

await runAlteredWorker({
  documents(client) {
    client.middlewareStack.add(
      (next, { commandName = "" }) =>
        async (args) => {
          const { ConditionExpression: condition } = args.input as Update;
          if (!commandName.startsWith("Update") || condition === undefined) return next(args);
          return next({ ...args, input: { ...args.input, ConditionExpression: condition.replace(order, "") } });
        },
      { step: "initialize", name: "applyWhatArrives" },
    );
  },
});
