/** The unit tests of deploy/. */
import { importUnits } from "../equipment/import-units.ts";

await importUnits("deploy");
