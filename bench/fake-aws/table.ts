/**
 * The fake's DynamoDB: takes items and marks whose they are. It keeps only who is there, so that a second insert fails, and
 * takes everybody there for the one who came first. Outcomes and records of mails it takes and forgets.
 */
import { personOf, registrationOf } from "../people.ts";
import { createRoll, type RollCount } from "./roll.ts";

export interface TableCounts {
  /** Calls that write. */
  readonly writes: number;
  readonly stored: RollCount;
}

type Input = Record<string, unknown>;

export interface FakeTable {
  /** @throws RejectedByTable as DynamoDB would, Error for an operation that the fake does not know */
  answer(operation: string, input: Input): Input;
  counts(): TableCounts;
  /** From now on everybody who is looked up is taken for stored: for a mailer alone. */
  storeEverybody(): void;
  clear(): void;
}

/** An error of DynamoDB's own kind. */
export class RejectedByTable extends Error {}

interface Text {
  readonly S: string;
}

interface Item {
  readonly email: Text;
}

interface Key {
  readonly email?: Text;
}

export function createFakeTable(): FakeTable {
  const stored = createRoll();
  let writes = 0;
  let isEverybodyStored = false;

  function insert({ S }: Text): boolean {
    return stored.mark(personOf(S));
  }

  function writeBatch(requests: Record<string, { PutRequest: { Item: Item } }[]>): Input {
    for (const list of Object.values(requests)) for (const { PutRequest } of list) insert(PutRequest.Item.email);
    return { UnprocessedItems: {} };
  }

  function executeBatch(statements: { Statement: string; Parameters: [Text] }[]): Input {
    const Responses = statements.map(({ Statement, Parameters: [email] }) => {
      const [, forgotten] = /^INSERT INTO "(outcomes|mails)"/.exec(Statement) ?? [];
      if (forgotten !== undefined) return { TableName: forgotten };
      if (!Statement.startsWith("INSERT INTO")) throw new Error(`the fake DynamoDB only inserts: ${Statement}`);
      return insert(email)
        ? { TableName: "registrations" }
        : { Error: { Code: "DuplicateItem", Message: "Duplicate primary key exists in table" } };
    });
    return { Responses };
  }

  /** Whose insert fails was there before: by an answer that was lost. */
  function getBatch(requests: Record<string, { Keys: Key[] }>): Input {
    const Responses = Object.entries(requests).map(([table, { Keys }]) => [
      table,
      Keys.flatMap(({ email }) => {
        const person = email === undefined ? -1 : personOf(email.S);
        if (!stored.has(person) && !(isEverybodyStored && person >= 0)) return [];
        const { id, submittedAt } = registrationOf(person);
        return [{ email, registrationId: { S: id }, submittedAt: { S: submittedAt } }];
      }),
    ]);
    return { Responses: Object.fromEntries(Responses), UnprocessedKeys: {} };
  }

  return {
    answer(operation, input) {
      switch (operation) {
        case "PutItem":
          writes += 1;
          if (input.TableName === "mails") return {};
          if (!insert((input.Item as Item).email) && input.ConditionExpression !== undefined) {
            throw new RejectedByTable("ConditionalCheckFailedException");
          }
          return {};
        case "BatchWriteItem":
          writes += 1;
          return writeBatch(input.RequestItems as Parameters<typeof writeBatch>[0]);
        case "BatchExecuteStatement":
          writes += 1;
          return executeBatch(input.Statements as Parameters<typeof executeBatch>[0]);
        // What a process writes into the activity table.
        case "UpdateItem":
          return {};
        // Whether registrations are accepted: nobody ordered anything.
        case "GetItem":
          return {};
        case "BatchGetItem":
          return getBatch(input.RequestItems as Parameters<typeof getBatch>[0]);
        default:
          throw new Error(`the fake DynamoDB does not know ${operation}`);
      }
    },
    storeEverybody() {
      isEverybodyStored = true;
    },
    counts: () => ({ writes, stored: stored.count() }),
    clear() {
      stored.clear();
      isEverybodyStored = false;
      writes = 0;
    },
  };
}
