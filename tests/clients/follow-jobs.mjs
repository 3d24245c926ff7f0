// Follows a job over a WebSocket and prints what it is told, one JSON text a line, and at the end why it ended.
//
//   node follow-jobs.mjs ws://localhost:8080/ws/jobs/job_… TOKEN
import WebSocket from "ws";

const [address, token] = process.argv.slice(2);
const socket = new WebSocket(address, { headers: { Authorization: `Bearer ${token}` } });
socket.on("message", (data) => console.log(data.toString()));
socket.on("unexpected-response", (_, answer) => {
  console.log(JSON.stringify({ type: "refused", status: answer.statusCode }));
  process.exit(1);
});
socket.on("close", (code, reason) => console.log(JSON.stringify({ type: "end", code, reason: reason.toString() })));
socket.on("error", (error) => console.error(error.message));
