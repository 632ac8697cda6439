import { compareHalf } from "./histories.ts";

compareHalf(0);
