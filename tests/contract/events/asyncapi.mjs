// Parses the AsyncAPI document on standard input and prints the parser's findings as JSON.
import { Parser } from "@asyncapi/parser";
import { text } from "node:stream/consumers";

const { document, diagnostics } = await new Parser().parse(await text(process.stdin));
const findings = diagnostics.map(({ code, message, severity, path }) => ({ code, message, severity, path: path.join(".") }));
console.log(JSON.stringify({ parsed: document !== undefined, findings }));
