/** The unit tests of terminal/. */
import { importUnits } from "../equipment/import-units.ts";

await importUnits("terminal");
