/** An edge location as far as it matters here: keeps what may be kept by all for as long as it may, and passes on the rest. */

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

type Ask = (method: "GET" | "POST", path: string, body?: string) => Promise<Answer>;

export interface Edge {
  readonly ask: Ask;
}

export interface EdgeOptions {
  readonly origin: Ask;
  /** Milliseconds. */
  readonly now: () => number;
}

export function createEdge({ origin, now }: EdgeOptions): Edge {
  const kept = new Map<string, { readonly answer: Promise<Answer>; until: number }>();

  async function freshSeconds(answer: Promise<Answer>): Promise<number> {
    const { status, headers } = await answer;
    const [, seconds = 0] = /\bs-maxage=(\d+)/.exec(String(headers["cache-control"])) ?? [];
    return status === 200 ? Number(seconds) : 0;
  }

  return {
    async ask(method, path, body) {
      const found = method === "GET" ? kept.get(path) : undefined;
      if (found && now() < found.until) return found.answer;
      const answer = origin(method, path, body);
      if (method === "GET") {
        // Whoever asks while it is under way waits for it.
        const entry = { answer, until: Infinity };
        const began = now();
        kept.set(path, entry);
        const seconds = await freshSeconds(answer);
        entry.until = began + seconds * 1_000;
        if (seconds === 0) kept.delete(path);
      }
      return answer;
    },
  };
}
