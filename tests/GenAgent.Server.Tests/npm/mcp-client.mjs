// The official npm client of MCP against a running server:
//   node mcp-client.mjs http http://127.0.0.1:PORT/mcp [KEY]
//   node mcp-client.mjs stdio COMMAND ARGUMENT...      (stdio-without-edits for a generator that takes no images)
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const [kind, target, ...rest] = process.argv.slice(2);
const transport = kind === 'http'
  ? new StreamableHTTPClientTransport(new URL(target), { requestInit: { headers: rest[0] ? { Authorization: `Bearer ${rest[0]}` } : {} } })
  : new StdioClientTransport({ command: target, args: rest, env: process.env, stderr: 'inherit' });
const client = new Client({ name: 'genagent-tests', version: '1.0.0' });

// Over standard output whatever is no message of the protocol ends up here; over HTTP only aborted requests do.
if (kind !== 'http') client.onerror = error => { console.error(`not protocol: ${error.message}`); process.exitCode = 1; };
await client.connect(transport);

const prompt = 'two red circles';
let made;

const checks = {
  async 'tools are listed with schemas'() {
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map(tool => tool.name).sort(), ['edit_image', 'generate_image', 'judge_image', 'list_trajectories', 'read_trajectory']);
    assert.ok(tools.every(tool => tool.description && tool.inputSchema.type === 'object' && tool.outputSchema?.type === 'object'));
    assert.ok(!JSON.stringify(tools.map(tool => tool.inputSchema.properties)).includes('progress'), 'what the server injects is no argument');
  },

  async 'an image is generated, with progress because a token was given'() {
    const told = [];
    const result = await client.callTool({ name: 'generate_image', arguments: { prompt, seed: 7 } }, undefined, { onprogress: value => told.push(value.progress) });
    assert.ok(!result.isError, JSON.stringify(result.content));
    made = result.structuredContent;
    const image = result.content.find(block => block.type === 'image');
    assert.equal(image.mimeType, 'image/png');
    assert.equal(Buffer.from(image.data, 'base64').subarray(1, 4).toString(), 'PNG');
    assert.ok(made.images[0].trajectory && made.images[0].image && made.images[0].passed === true);
    assert.ok(told.length > 0 && told.every((value, index) => index === 0 || value >= told[index - 1]) && told.at(-1) <= 1);
  },

  async 'an image of this server is edited and judged by its id'() {
    if (kind !== 'stdio-without-edits') {
      const edited = await client.callTool({ name: 'edit_image', arguments: { prompt: 'one blue square', image: made.images[0].image } });
      assert.ok(!edited.isError, JSON.stringify(edited.content));
      assert.equal(edited.content.filter(block => block.type === 'image').length, 1);
    }
    const right = await client.callTool({ name: 'judge_image', arguments: { prompt, image: made.images[0].image } });
    assert.ok(!right.isError, JSON.stringify(right.content));
    assert.equal(right.structuredContent.passed, true);
    const wrong = await client.callTool({ name: 'judge_image', arguments: { prompt: 'five green stars', image: made.images[0].image } });
    assert.equal(wrong.structuredContent.passed, false);
  },

  async 'trajectories are listed and read with their images'() {
    const list = await client.callTool({ name: 'list_trajectories', arguments: { limit: 10 } });
    assert.ok(list.structuredContent.items.some(item => item.id === made.images[0].trajectory), JSON.stringify(list.content));
    const read = await client.callTool({ name: 'read_trajectory', arguments: { id: made.images[0].trajectory } });
    assert.ok(!read.isError, JSON.stringify(read.content));
    assert.equal(read.structuredContent.prompt, prompt);
    assert.ok(read.structuredContent.turns.length > 0);
    assert.ok(read.content.some(block => block.type === 'image'));
  },

  async 'wrong calls say what is wrong'() {
    for (const [name, wrong, words] of [
      ['generate_image', { prompt: ' ' }, 'prompt'],
      ['generate_image', { prompt, count: 11 }, 'count'],
      ['generate_image', { prompt, agent: 'nobody' }, 'nobody'],
      ['generate_image', { prompt, agent: 'openai:gpt@http://127.0.0.1:9/v1' }, 'does not exist'],
      ['edit_image', { prompt, image: 'http://127.0.0.1:9/secret.png' }, 'address'],
      ['edit_image', { prompt, image: '/etc/passwd' }, 'image'],
      ['judge_image', { prompt, image: 'a'.repeat(64) }, 'image'],
      ['read_trajectory', { id: '../../etc/passwd' }, 'trajectory'],
    ]) {
      const result = await client.callTool({ name, arguments: wrong });
      assert.ok(result.isError, `${name} ${JSON.stringify(wrong)} was not refused`);
      assert.ok(result.content[0].text.includes(words), `${name}: ${result.content[0].text}`);
    }
  },

  async 'a cancelled call ends'() {
    const stop = new AbortController();
    const call = client.callTool({ name: 'generate_image', arguments: { prompt, count: 10 } }, undefined, { signal: stop.signal });
    stop.abort('enough');
    await assert.rejects(call);
    assert.ok((await client.listTools()).tools.length > 0, 'the session goes on');
  },
};

for (const [name, check] of Object.entries(checks)) {
  await check().catch(error => { throw new Error(`${name}: ${error.message}`, { cause: error }); });
  console.log(name);
}
await client.close();
