/** The same with Express: one `SendMessage` for each request. */
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import express from "express";
import { readSurroundings } from "../surroundings.ts";

const { sqs, queueUrl } = readSurroundings(process.env);
const app = express();
app.use(express.json());
app.post("/registrations", async (request, response) => {
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(request.body) }));
  response.status(202).json({ status: "pending" });
});
app.listen(0, "127.0.0.1");
