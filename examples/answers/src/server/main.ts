import { startAnswers } from './start-answers.js';

const port = Number(process.env.PORT ?? 8000);
const answers = await startAnswers({ port, delayMs: 60 });
console.log(`Ask on http://localhost:${answers.port}/ and stop with Ctrl+C.`);
process.once('SIGINT', () => answers.close());
