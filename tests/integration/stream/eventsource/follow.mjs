// Follows a stream with npm eventsource, which comes back by itself, and prints each event as a line of JSON.
// Arguments: the address, the key, and the names of events to listen to.
import { EventSource } from "eventsource";

const [address, key, ...names] = process.argv.slice(2);
const source = new EventSource(address, {
  fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, Authorization: `Bearer ${key}` } }),
});
const print = (event) => console.log(JSON.stringify({ type: event.type, id: event.lastEventId, data: event.data }));
for (const name of ["message", ...names]) source.addEventListener(name, print);
