/** Puts people on the queue of a cell, in packs, as the web tier would. */
import { encodePack } from "../../shared/registration/registration-pack.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import { people } from "../equipment/people.ts";
import type { Cell } from "./cell.ts";

/** @returns all who are in them */
export async function putPacks(cell: Cell, packs: number, packSize = 3): Promise<Registration[]> {
  const all = Array.from({ length: packs }, () => people(packSize));
  await cell.put(all.map(encodePack));
  return all.flat();
}
