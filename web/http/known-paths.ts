/** Tells unknown paths (404) from known ones with other methods (405). */
import type { FastifyInstance } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Not listed in `Allow`: internal routes. */
    readonly unlisted?: boolean;
  }
}

export interface KnownPaths {
  /** @returns the methods of a path for `Allow`; empty when unknown */
  methodsAt(url: string): readonly string[];
}

function matcher(pattern: string): RegExp {
  const source = pattern
    .split("/")
    .map((part) => (part === "*" ? ".*" : part.startsWith(":") ? "[^/]+" : part.replace(/[^\w-]/g, String.raw`\$&`)))
    .join("/");
  return new RegExp(`^${source}$`);
}

/** Call it before adding routes. */
export function watchPaths(app: FastifyInstance): KnownPaths {
  const paths = new Map<string, { matches: RegExp; methods: Set<string> }>();
  app.addHook("onRoute", ({ url, method, config }) => {
    if (config?.unlisted) return;
    const path = paths.get(url) ?? { matches: matcher(url), methods: new Set() };
    for (const one of [method].flat()) path.methods.add(one);
    paths.set(url, path);
  });
  return {
    methodsAt(url) {
      const path = url.split("?", 1)[0] ?? "";
      return [...paths.values()].flatMap(({ matches, methods }) => (matches.test(path) ? [...methods] : [])).toSorted();
    },
  };
}
