// @ts-check
// The pages of the tour. Each sets the page to something that is there at once, asks for a
// prediction and for one action, and then says what was measured. No number is written here: all
// are read from the runs on the page, or from the shipped studies.

/** @import { Page } from './page.js' */
/** @import { World } from './world.js' */

import { percent, short } from '../values/format.js';
import { compared } from './lanes.js';
import { chanceOf, changeOf, figure, kept, partOf, scoreOf } from './numbers.js';
import { all, runOf, studyOf } from './page.js';

/** @type {Page} */
const DISTILLATION = {
  id: 'distillation',
  title: 'What distillation is',
  on: (world) => world.explore('solids'),
  text: (world) => {
    const run = runOf(world);
    return [
      'A net learns from a data set. Distillation looks for a few images that can stand for all ' +
        'of it.',
      `Here are ${run.n} images that a diffusion model made for the class ${run.class}. On the ` +
        'map, each small point is a real image of that class, and the numbers are the ' +
        `${run.n} images.`,
    ];
  },
  ask: {
    question: 'How many of the real images have one of these near enough to stand for them?',
    options: ['nearly all', 'more than half', 'less than half'],
  },
  action: 'Click “not covered” above the map: it shows real images that none of these stands for.',
  complete: (world) => world.rows > 0,
  truth: (world) => partOf(scoreOf(runOf(world), 'coverage').value, [90, 50]),
  told: (world) => {
    const run = runOf(world);
    const score = scoreOf(run, 'coverage');
    return [
      `The ${run.n} images cover ${percent(score.value)} % of the real ones. As many random real ` +
        `images cover ${chanceOf(score)} %.`,
      `By this score they are ${score.verdict}.`,
    ];
  },
};

/** @type {Page} */
const RANDOM = {
  id: 'random',
  title: 'Random real images are a strong baseline',
  on: (world) => world.compare('solids'),
  text: (world) => {
    const { counts, caption } = studyOf(world, 'solids-10');
    return [
      'The simplest way to get a few images is to draw real ones by chance. The first lane does ' +
        'that. A method makes each of the others.',
      `A study trained nets on sets by ${all(counts)} methods and rules (${caption}).`,
    ];
  },
  ask: {
    question: 'How many of them teach a net better than random real images, beyond chance?',
    options: ['nearly all', 'about half', 'few'],
  },
  action: 'Open the tab Evaluate. Each method is a point there; the band is random real images.',
  complete: (world) => world.sees('#evaluate'),
  truth: (world) => {
    const { counts } = studyOf(world, 'solids-10');
    return partOf(counts.better / all(counts), [0.75, 0.35]);
  },
  told: (world) => {
    const [ten, fifty] = ['solids-10', 'solids-50'].map((name) => studyOf(world, name));
    const { better, like, worse } = ten.counts;
    return [
      `Of ${all(ten.counts)}, ${better} are better, ${like} are not told apart from random real ` +
        `images, and ${worse} are worse.`,
      `With fifty images a class it is ${fifty.counts.better} of ${all(fifty.counts)} that are ` +
        `better, and ${fifty.counts.worse} are worse.`,
      'So no number of a method says much without random real images beside it.',
    ];
  },
};

/** @type {Page} */
const GUIDANCE = {
  id: 'guidance',
  title: 'What class guidance does',
  on: (world) => world.explore('digits'),
  text: (world) => [
    'Class guidance pushes each image toward its class. It begins here with ' +
      `${(world.before ?? runOf(world)).query.cfg_scale}; 1 would be none.`,
    'When you turn it, the images are made again from the same noise. So what changes in them is ' +
      'its work.',
  ],
  ask: {
    question: 'You turn it far up. What becomes of the images?',
    options: ['They become more alike', 'They become more different', 'Neither'],
  },
  action: 'Move the slider “Class guidance (CFG)” far to the right and let go.',
  complete: (world) => {
    const [run, { before }] = [world.run(), world];
    if (!run || !before || run.dataset !== before.dataset || run.label !== before.label)
      return false;
    return Number(run.query.cfg_scale) > Number(before.query.cfg_scale);
  },
  truth: (world) => {
    if (!world.before) return -1;
    return { less: 0, more: 1, like: 2 }[changeOf(world.before, runOf(world), 'vendi')];
  },
  told: (world) => {
    const [after, before] = [runOf(world), world.before ?? runOf(world)];
    const line = (/** @type {string} */ name) => {
      const [a, b] = [scoreOf(before, name), scoreOf(after, name)];
      const unit = name === 'coverage' ? ' %' : '';
      return (
        `${b.title} went from ${short(a.value)} to ${short(b.value)}${unit}; random real images ` +
        `have ${chanceOf(b)}${unit}.`
      );
    };
    return [
      `Class guidance went from ${before.query.cfg_scale} to ${after.query.cfg_scale}.`,
      line('vendi'),
      line('coverage'),
    ];
  },
};

/** @type {Page} */
const DAP = {
  id: 'dap',
  title: 'What DAP’s guidance does, and what it pays',
  on: (world) => world.compare('digits'),
  out: (world) => world.rest(),
  text: () => [
    'DAP guides each step. It pulls an image toward what the real images of the class look like ' +
      'inside the denoiser.',
    'Compare DiT, which is the model as it is, with DAP. Down a column both begin from the same ' +
      'noise.',
  ],
  ask: {
    question: 'DAP comes nearer to the real images. What does it pay?',
    options: ['Its images are more alike', 'It covers fewer real images', 'Neither of these'],
  },
  action: 'Press “difference” above the images: it shows what DAP changed in each.',
  complete: (world) => world.look().view === 'difference',
  truth: (world) => {
    const [dit, dap] = [world.lane('dit'), world.lane('dap')];
    if (!dit || !dap) return -1;
    if (changeOf(dit, dap, 'vendi') === 'less') return 0;
    return changeOf(dit, dap, 'coverage') === 'less' ? 1 : 2;
  },
  told: (world) => {
    const { title, methods } = studyOf(world, 'digits-10');
    const of = (/** @type {string} */ axis) =>
      `${figure(methods.dit[axis])} with DiT and ${figure(methods.dap[axis])} with DAP`;
    return [
      ...compared(world, 'dit', 'dap', ['similarity', 'coverage', 'vendi']),
      `Over all classes of ${title}, the diversity is ${of('vendi')}. Nets reach an accuracy of ` +
        `${of('accuracy')}, in percent.`,
      `By accuracy, DAP is ${methods.dap.accuracy.verdict} images.`,
    ];
  },
};

/** @type {Page} */
const D3HR = {
  id: 'd3hr',
  title: 'D³HR’s inversion',
  on: (world) => world.compare('digits'),
  out: (world) => world.rest(),
  text: () => [
    'D³HR turns real images of the class back into noise, step by step: this is its inversion. ' +
      'It then draws new noise that has the same mean and spread, and makes images from it.',
    'DiT begins from plain noise.',
  ],
  ask: {
    question: 'What will the scores say of D³HR, beside DiT?',
    options: ['It covers more real images', 'Its images are more different', 'Both'],
  },
  action: 'Press “steps” above the images and move the slider to the left: see how each begins.',
  complete: (world) => world.look().view === 'steps' && world.look().at < 0.2,
  truth: (world) => {
    const [dit, d3hr] = [world.lane('dit'), world.lane('d3hr')];
    if (!dit || !d3hr) return -1;
    const [covers, differs] = ['coverage', 'vendi'].map(
      (name) => changeOf(dit, d3hr, name) === 'more',
    );
    if (covers && differs) return 2;
    return covers ? 0 : differs ? 1 : -1;
  },
  told: (world) => {
    const { title, methods } = studyOf(world, 'digits-10');
    const of = (/** @type {string} */ axis) =>
      `${figure(methods.dit[axis])} with DiT and ${figure(methods.d3hr[axis])} with D³HR`;
    return [
      ...compared(world, 'dit', 'd3hr', ['coverage', 'vendi']),
      ...world.told().slice(0, 1),
      `Over all classes of ${title}, the coverage is ${of('coverage')}, in percent, and the ` +
        `diversity ${of('vendi')}.`,
    ];
  },
};

/** @type {Page} */
const MINIMAX = {
  id: 'minimax',
  title: 'Minimax’s two memories',
  on: (world) => world.compare('digits', ['random', 'dit', 'minimax']),
  text: () => [
    'Minimax trains the model a little further, with two memories. One holds real images: a new ' +
      'image should be like even the least similar of them.',
    'The other holds what the model made before: a new image should differ from the most similar ' +
      'of these.',
  ],
  ask: {
    question: 'Which of the three lanes will have the most different images?',
    options: ['Random real images', 'DiT', 'Minimax'],
  },
  action: 'Press “Distil all lanes”. It takes some seconds.',
  complete: (world) => !world.compares() && Boolean(world.lane('minimax')),
  truth: (world) => {
    const runs = ['random', 'dit', 'minimax'].map((method) => world.lane(method));
    const values = runs.map((run) => (run ? scoreOf(run, 'vendi').value : -1));
    return values.indexOf(Math.max(...values));
  },
  told: (world) => {
    const { title, methods } = studyOf(world, 'digits-10');
    const of = (/** @type {string} */ axis) =>
      ['random', 'dit', 'minimax'].map((name) => figure(methods[name][axis])).join(', ');
    return [
      ...compared(world, 'dit', 'minimax', ['vendi', 'coverage']),
      `Over all classes of ${title}, the diversity of random real images, DiT and Minimax is ` +
        `${of('vendi')}; the accuracy of nets is ${of('accuracy')}, in percent.`,
      `By accuracy, Minimax is ${methods.minimax.accuracy.verdict} images.`,
    ];
  },
};

/** @type {Page} */
const MAP = {
  id: 'map',
  title: 'Why a map can mislead',
  on: async (world) => {
    await world.explore('solids');
    await world.locate();
  },
  text: (world) => [
    'An image is many numbers, and a map has two. So something is lost on every map.',
    `Each of the ${runOf(world).n} images has a line to its nearest real image in truth.`,
  ],
  ask: {
    question: 'For how many is the nearest point on the PCA map the nearest real image in truth?',
    options: ['for most', 'for about half', 'for few'],
  },
  action: 'Press “PCA” above the map, and look where the lines lead.',
  complete: (world) => world.view() === 'PCA',
  truth: (world) => {
    const { run, points } = placed(world);
    return points ? partOf(kept(run, points, 'pca') / run.n, [0.7, 0.3]) : -1;
  },
  told: (world) => {
    const { run, points } = placed(world);
    if (!points) return ['These numbers need the run that the tour shows.'];
    return [
      `On the PCA map it is so for ${kept(run, points, 'pca')} of ${run.n}. That map’s ` +
        `trustworthiness is ${points.trust.pca}.`,
      'So trust the line and the distance that it says, and the scores; they are of all numbers, ' +
        'and not of the map.',
    ];
  },
};

/**
 * The run of Explore, and the points of its class if they were fetched.
 * @param {World} world
 */
function placed(world) {
  const [run, { points }] = [runOf(world), world];
  const fits = points?.dataset === run.dataset && points.label === run.label;
  return { run, points: fits ? points : null };
}

/** @type {Page} */
const JUDGE = {
  id: 'judge',
  title: 'Judge it yourself',
  on: (world) => world.guess(),
  text: () => [
    'Two sets stand side by side, without the names of their methods. Nets were trained on such ' +
      'sets of all classes.',
    'Would you see which method teaches better?',
  ],
  ask: null,
  action: 'Look at both sets, and say which teaches better.',
  complete: (world) => world.guessed,
  truth: () => -1,
  told: () => [
    'The answer stands beneath the sets, with the accuracies and their intervals. Where it says ' +
      'that the study does not tell the two apart, neither guess is wrong.',
    'This was the tour. All of the page is yours: compare what you like, or ask the next question.',
  ],
};

/** @type {readonly Page[]} */
export const PAGES = [DISTILLATION, RANDOM, GUIDANCE, DAP, D3HR, MINIMAX, MAP, JUDGE];
