// The official npm client of OpenAI against a running server: node openai-client.mjs http://127.0.0.1:PORT/v1 [KEY]
import assert from 'node:assert/strict';
import OpenAI, { toFile } from 'openai';

const client = new OpenAI({ baseURL: process.argv[2], apiKey: process.argv[3] ?? 'none', maxRetries: 0 });
const png = base64 => Buffer.from(base64, 'base64').subarray(1, 4).toString() === 'PNG';
const prompt = 'two red circles';

const checks = {
  async 'models are listed and retrieved'() {
    const models = await client.models.list();
    assert.ok(models.data.some(model => model.id === 'genagent'));
    assert.equal((await client.models.retrieve('genagent')).object, 'model');
    await assert.rejects(client.models.retrieve('nobody'), error => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found');
  },

  async 'images are generated'() {
    const images = await client.images.generate({ model: 'genagent', prompt, n: 2, output_format: 'png' });
    assert.equal(images.data.length, 2);
    assert.ok(images.data.every(image => png(image.b64_json) && image.revised_prompt.length > 0));
    assert.ok(images.usage.total_tokens > 0 && images.created > 1_600_000_000);
  },

  async 'images stream with partial images'() {
    const events = [];
    for await (const event of await client.images.generate({ model: 'genagent', prompt, stream: true, partial_images: 2 })) events.push(event);
    assert.deepEqual([...new Set(events.map(event => event.type))], ['image_generation.partial_image', 'image_generation.completed']);
    assert.equal(events[0].partial_image_index, 0);
    assert.ok(events.every(event => png(event.b64_json)));
    assert.ok(events.at(-1).usage.total_tokens > 0);
  },

  async 'an image is edited, streamed and not'() {
    const first = await client.images.generate({ prompt });
    const image = await toFile(Buffer.from(first.data[0].b64_json, 'base64'), 'first.png', { type: 'image/png' });
    const edited = await client.images.edit({ image: [image], prompt: 'one blue square' });
    assert.ok(png(edited.data[0].b64_json));
    const types = [];
    for await (const event of await client.images.edit({ image, prompt: 'one blue square', stream: true, partial_images: 1 })) types.push(event.type);
    assert.equal(types.at(-1), 'image_edit.completed');
  },

  async 'a wrong request is a BadRequestError that names the field'() {
    await assert.rejects(client.images.generate({ prompt, n: 11 }), error => error instanceof OpenAI.BadRequestError && error.param === 'n' && error.code === 'integer_above_max_value');
    await assert.rejects(client.images.generate({ prompt: '' }), error => error.param === 'prompt');
    await assert.rejects(client.images.generate({ prompt, stream: true, partial_images: 4 }), error => error.param === 'partial_images');
  },

  async 'chat completions answer with an image in Markdown, and with the thoughts'() {
    const chat = await client.chat.completions.create({ model: 'genagent', messages: [{ role: 'user', content: prompt }] });
    const message = chat.choices[0].message;
    assert.match(message.content, /^!\[[^\]]*\]\(data:image\/png;base64,/);
    assert.ok(message.reasoning_content.length > 0);
    assert.equal(chat.choices[0].finish_reason, 'stop');
    assert.ok(chat.usage.total_tokens > 0);
  },

  async 'chat completions stream, and end with the usage'() {
    const stream = client.chat.completions.stream({ model: 'genagent', messages: [{ role: 'user', content: prompt }], modalities: ['text', 'image'], stream_options: { include_usage: true } });
    let thoughts = '';
    const images = [];
    for await (const chunk of stream) {
      thoughts += chunk.choices[0]?.delta.reasoning_content ?? '';
      images.push(...(chunk.choices[0]?.delta.images ?? []));
    }
    assert.ok(thoughts.length > 0);
    assert.equal(images.length, 1);
    assert.ok(images[0].image_url.url.startsWith('data:image/png;base64,'));
    assert.ok((await stream.finalChatCompletion()).usage.total_tokens > 0);
  },

  async 'Responses answer with a call of the image generation tool'() {
    const response = await client.responses.create({ model: 'genagent', input: prompt, tools: [{ type: 'image_generation' }] });
    assert.deepEqual(response.output.map(item => item.type).filter(type => type !== 'message'), ['reasoning', 'image_generation_call']);
    assert.ok(png(response.output.find(item => item.type === 'image_generation_call').result));
    assert.equal(response.status, 'completed');
  },

  async 'Responses stream in the official order'() {
    const stream = client.responses.stream({ model: 'genagent', input: [{ role: 'user', content: [{ type: 'input_text', text: prompt }] }], tools: [{ type: 'image_generation', partial_images: 3 }] });
    const events = [];
    for await (const event of stream) events.push(event);
    const of = kind => events.findIndex(event => event.type === `response.image_generation_call.${kind}`);
    assert.equal(events[0].type, 'response.created');
    assert.deepEqual(events.map(event => event.sequence_number), events.map((_, index) => index));
    assert.ok(of('in_progress') > 0 && of('in_progress') < of('generating') && of('generating') < of('partial_image') && of('partial_image') < of('completed'));
    assert.ok(events.some(event => event.type === 'response.reasoning_summary_text.delta'));
    const final = await stream.finalResponse();
    assert.ok(png(final.output.find(item => item.type === 'image_generation_call').result));
  },

  async 'a response is retrieved, gone on from, and made in the background'() {
    const first = await client.responses.create({ model: 'genagent', input: prompt });
    assert.deepEqual((await client.responses.retrieve(first.id)).output, first.output);
    const second = await client.responses.create({ model: 'genagent', input: 'one blue square', previous_response_id: first.id });
    assert.equal(second.previous_response_id, first.id);
    const waiting = await client.responses.create({ model: 'genagent', input: prompt, background: true });
    assert.equal(waiting.status, 'queued');
    const types = [];
    for await (const event of await client.responses.retrieve(waiting.id, { stream: true })) types.push(event.type);
    assert.equal(types.at(-1), 'response.completed');
    await assert.rejects(client.responses.cancel(first.id), error => error instanceof OpenAI.BadRequestError);
    await assert.rejects(client.responses.create({ model: 'genagent', input: prompt, previous_response_id: 'resp_1' }), error => error.param === 'previous_response_id');
    await assert.rejects(client.responses.retrieve('resp_1'), error => error instanceof OpenAI.NotFoundError);
  },
};

for (const [name, check] of Object.entries(checks)) {
  await check().catch(error => { throw new Error(`${name}: ${error.message}`, { cause: error }); });
  console.log(name);
}
