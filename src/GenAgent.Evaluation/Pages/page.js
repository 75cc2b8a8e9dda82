const [category, verdict, error, rounds, text, marks, count, cards, more] = ['category', 'verdict', 'error', 'rounds', 'text', 'marks', 'count', 'cards', 'more'].map(id => document.getElementById(id));
const step = 60, waiting = {};
let found = [], shown = 0;
const make = (tag, words, kind) => { const node = document.createElement(tag); if (words !== undefined) node.textContent = words; if (kind) node.className = kind; return node; };
// A file of details calls this; pages opened from the disk may load scripts, but fetch nothing.
window.details = (number, runs) => { const queue = waiting[number]; waiting[number] = { runs }; queue.forEach(use => use(runs)); };
function load(number, use) {
  const known = waiting[number];
  if (known && known.runs) return use(known.runs);
  if (known) return known.push(use);
  waiting[number] = [use];
  const script = make('script'); script.src = `report/details-${String(number).padStart(4, '0')}.js`; document.body.append(script);
}
function boxes(list) {
  const at = 'http://www.w3.org/2000/svg', svg = document.createElementNS(at, 'svg'); svg.setAttribute('viewBox', '0 0 96 96');
  for (const [left, top, right, bottom, label, detail, clear] of list) {
    const rect = document.createElementNS(at, 'rect'), title = document.createElementNS(at, 'title'), words = document.createElementNS(at, 'text');
    rect.setAttribute('class', clear ? 'clear' : 'unclear');
    for (const [name, value] of [['x', left], ['y', top], ['width', right - left], ['height', bottom - top]]) rect.setAttribute(name, value * 96);
    title.textContent = detail; rect.append(title); words.textContent = label;
    words.setAttribute('x', Math.max(1, Math.min(left * 96 - 1, 96 - 2.3 * label.length))); words.setAttribute('y', Math.max(4.5, top * 96 - .8));
    svg.append(rect, words);
  }
  return svg;
}
function run(card, sample) {
  const box = make('div', undefined, 'run'); card.append(box);
  load(sample.chunk, runs => {
    const detail = runs[sample.place];
    if (detail.sent) box.append(make('div', 'sent: ' + detail.sent));
    for (const turn of detail.turns || []) {
      if (turn.judgment) box.append(make('div', 'judges: ' + turn.judgment));
      if (turn.thought) box.append(make('div', 'thinks: ' + turn.thought));
      if (turn.prompt) box.append(make('div', 'calls for: ' + turn.prompt));
      if (turn.image) { const image = make('img'); image.loading = 'lazy'; image.src = turn.image; box.append(image); }
      if (turn.answer) box.append(make('div', 'answers: ' + turn.answer));
      for (const fault of turn.faults || []) box.append(make('div', 'fault: ' + fault));
    }
    for (const reply of detail.replies || []) box.append(make('div', 'judge: ' + reply));
  });
}
function card(sample) {
  const [id, tag, prompt] = data.prompts[sample.p], node = make('div', undefined, 'card ' + sample.v), frame = make('div', undefined, 'frame');
  node.append(make('p', prompt));
  if (sample.m) { const image = make('img'); image.loading = 'lazy'; image.alt = ''; image.src = sample.m; frame.append(image, boxes(sample.b || [])); }
  else frame.append(make('div', sample.w || 'no image', 'empty'));
  node.append(frame, make('b', { pass: 'passed ', fail: 'failed ', none: 'no verdict ' }[sample.v]), make('span', sample.w || ''), make('div', `${id}, ${tag}${sample.r ? ', ' + sample.r + (sample.r === 1 ? ' image' : ' images') : ''}`, 'soft'));
  if (sample.d) { const button = make('button', 'run'); button.onclick = () => { button.remove(); run(node, sample); }; node.append(button); }
  return node;
}
function fill() {
  cards.append(...found.slice(shown, shown + step).map(card));
  shown = Math.min(found.length, shown + step); more.hidden = shown === found.length;
}
function show() {
  const words = text.value.toLowerCase();
  found = data.samples.filter(s => (!category.value || data.prompts[s.p][1] === category.value) && (!verdict.value || s.v === verdict.value) && (!error.value || (s.e || []).includes(error.value))
    && (!rounds.value || s.r === +rounds.value) && (!words || (data.prompts[s.p].join(' ') + ' ' + (s.w || '')).toLowerCase().includes(words)));
  shown = 0; cards.replaceChildren(); fill(); count.textContent = found.length + (found.length === 1 ? ' image' : ' images');
}
for (const control of [category, verdict, error, rounds]) control.addEventListener('change', show);
text.addEventListener('input', show);
marks.addEventListener('change', () => document.body.classList.toggle('bare', !marks.checked));
new IntersectionObserver(seen => { if (seen.some(s => s.isIntersecting)) fill(); }).observe(more);
show();
