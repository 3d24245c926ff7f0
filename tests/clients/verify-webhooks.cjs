// Asks the published library of Standard Webhooks about deliveries on standard input: a JSON list of secret, headers and
// body. Answers with a list of true and false.
const { Webhook, WebhookVerificationError } = require("standardwebhooks");

let input = "";
process.stdin.on("data", (piece) => (input += piece));
process.stdin.on("end", () => {
  const verdicts = JSON.parse(input).map(({ secret, headers, body }) => {
    try {
      new Webhook(secret).verify(body, headers);
      return true;
    } catch (error) {
      if (error instanceof WebhookVerificationError) return false;
      throw error;
    }
  });
  process.stdout.write(JSON.stringify(verdicts));
});
