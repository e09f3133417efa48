/** Tells a path that does not exist from one that exists for other methods, which is answered 405 and not 404. */
import type { FastifyInstance } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Left out of `Allow`: a route that is not there for everybody. */
    readonly unlisted?: boolean;
  }
}

export interface KnownPaths {
  /** @returns the methods that a path is there for, as `Allow` lists them; empty where nothing is */
  methodsAt(url: string): readonly string[];
}

function matcher(pattern: string): RegExp {
  const source = pattern
    .split("/")
    .map((part) => (part === "*" ? ".*" : part.startsWith(":") ? "[^/]+" : part.replace(/[^\w-]/g, String.raw`\$&`)))
    .join("/");
  return new RegExp(`^${source}$`);
}

/** Call it before routes are added. */
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
