const [tag, verdict, error, text, marks, count] = ['tag', 'verdict', 'error', 'text', 'marks', 'count'].map(id => document.getElementById(id));
const prompts = [...document.querySelectorAll('.prompt')].map(node => ({ node, images: [...node.querySelectorAll('figure')], words: node.textContent.toLowerCase() }));
function show() {
  let shown = 0;
  for (const { node, images, words } of prompts) {
    const here = (!tag.value || node.dataset.tag === tag.value) && words.includes(text.value.toLowerCase());
    let any = false;
    for (const image of images) {
      const fits = (!verdict.value || image.classList.contains(verdict.value)) && (!error.value || image.dataset.errors.split(' ').includes(error.value));
      image.hidden = !fits;
      any ||= fits;
      shown += here && fits;
    }
    node.hidden = !(here && any);
  }
  count.textContent = shown + ' images';
}
for (const control of [tag, verdict, error]) control.addEventListener('change', show);
text.addEventListener('input', show);
marks.addEventListener('change', () => document.body.classList.toggle('bare', !marks.checked));
show();
