import type { Mistake, Seen } from './mistake.js';

const head = `# 28. What you see

The first mistakes that everybody makes, and each line that says so while no code listens for events: on stderr of the
server, on stderr of a client in Node, and in the console of Chromium. A test makes each of these mistakes and compares;
it also writes this page. What differs from run to run is shown as \`…\`, and so are stack traces.
[When something goes wrong](troubleshooting.md) has every message with its remedy.
`;

const places = { server: 'The server', node: 'Node', chromium: 'Chromium' } as const;

/** The table as a page of the documentation. */
export function renderPage(mistakes: readonly Mistake[]): string {
  return [head, ...mistakes.map(renderMistake)].join('\n');
}

function renderMistake({ title, server, client, seen, remark }: Mistake): string {
  return [
    `## ${title}\n`,
    server && program('The server', server),
    client && program('The client', client),
    ...renderSeen(seen),
    remark && `${remark}\n`,
  ]
    .filter(Boolean)
    .join('\n');
}

function program(owner: string, source: string): string {
  return `${owner}:\n\n\`\`\`js\n${source}\`\`\`\n`;
}

function renderSeen(seen: Seen): string[] {
  return Object.entries(places).flatMap(([place, name]) => {
    const lines = seen[place as keyof Seen];
    if (!lines) return [];
    if (lines.length === 0) return [`${name} prints nothing.\n`];
    return [`${name} prints:\n\n\`\`\`text\n${lines.join('\n')}\n\`\`\`\n`];
  });
}
