// What the page is sent. Written by `python -m viz.declarations` from viz/payloads.

export interface Apart {
  space: string;
  score: string;
  a: number;
  b: number;
}

export interface Cell {
  slot: number;
  label: number;
  images: number;
  strip: string;
  points: Readonly<Record<string, readonly (readonly number[])[]>>;
  values: Readonly<Record<string, number | null>>;
  ranks: Readonly<Record<string, number | null>>;
}

export interface Chart {
  title: string;
  lines: readonly Line[];
  full: Full | null;
}

export interface Classes {
  names: readonly string[];
  sheet: string | null;
  label: number;
}

export interface Device {
  device: string;
  tiers: readonly TierWords[];
}

export interface Discrepancies {
  id: string;
  rows: readonly Score[];
  independent: readonly Score[];
}

export interface Done {
  live: false;
  token: string;
}

export interface Evaluation {
  live: boolean;
  now: string;
  progress: number;
  chart: Chart | null;
  tables: readonly Table[];
  csv: string;
  id: string;
}

export interface EvaluationState {
  live: boolean;
  now: string;
  progress: number;
  chart: Chart | null;
  tables: readonly Table[];
  csv: string;
}

export interface Field {
  values: string;
  chance: number;
  columns: number;
  box: readonly [number, number, number, number];
}

export interface Film {
  sheet: string;
  frames: number;
  places?: Readonly<Record<string, View>>;
}

export interface Full {
  mean: number;
  each: readonly number[];
}

export interface GalleryPiece {
  title: string;
  words: string;
  of: string;
  query: Readonly<Record<string, string>>;
}

export interface GuessAnswer {
  guess: number;
  better: number | null;
  verdict: string;
  sides: readonly GuessSide[];
  difference: string;
  measured: readonly string[];
  scores: readonly GuessScore[];
  look: string;
  link: Readonly<Record<string, string>>;
}

export interface GuessExamples {
  pair: GuessQuestion;
  answer: GuessAnswer;
  real: GuessQuestion;
  found: GuessFound;
}

export interface GuessFound {
  real: readonly number[];
  marked: readonly number[];
  right: number;
  verdict: string;
  look: string;
  links: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface GuessQuestion {
  live: false;
  game: 'pair' | 'real';
  token: string;
  caption: string;
  ask: string;
  sheets: readonly GuessSheet[];
  id?: string;
}

export interface GuessScore {
  title: string;
  about: string;
  left: number;
  right: number;
}

export interface GuessSheet {
  sheet: string;
  n: number;
  columns: number;
}

export interface GuessSide {
  name: string;
  link: Readonly<Record<string, string>>;
  mean: number;
  low: number;
  high: number;
}

export interface GuessWait {
  live: true;
  game: 'pair' | 'real';
  words: string;
  id: string;
}

export interface Ingredient {
  name: string;
  title: string;
  about: string;
  alone: boolean;
  fewest_steps: number;
  knobs: readonly Knob[];
}

export interface Kernel {
  rows: number;
  columns: number;
  values: string;
  order: string;
}

export interface Knob {
  key: string;
  title: string;
  about: string;
  kind: 'number' | 'whole' | 'choice' | 'flag';
  usual: number | string | boolean;
  low: number | null;
  high: number | null;
  choices: readonly string[];
}

export interface Lane {
  slot: number;
  method: string;
  cfg_scale: number | null;
  options: Readonly<Record<string, number | string | boolean>>;
}

export interface Lanes {
  lineup: Lineup;
  runs: Readonly<Record<string, Run>>;
  told: Told;
}

export interface Line {
  name: string;
  kind: string;
  images: string;
  curves: readonly (readonly (readonly number[])[])[];
  ends: readonly (readonly number[])[];
}

export interface Lineup {
  dataset: string;
  label: number;
  ipc: number;
  steps: number;
  seed: number;
  sampler?: string;
  cfg_between?: string;
  lanes: readonly Lane[];
  run?: boolean;
  linked?: boolean;
}

export interface Mean {
  mean: number | null;
  spread: number | null;
  count: number;
  real: number | null;
  chance: number | null;
  grade: 'better' | 'like' | 'worse';
}

export interface Means {
  id: string;
  classes: readonly number[];
  measures: readonly Measure[];
}

export interface Measure {
  key: string;
  space: string;
  title: string;
  about: string;
  better: 'higher' | 'lower' | 'typical';
  unit: string;
  lanes: Readonly<Record<string, Mean>>;
}

export interface Menu {
  datasets: readonly Offered[];
  methods: readonly Ingredient[];
  bounds: Readonly<Record<string, readonly number[]>>;
}

export interface MethodGroup {
  title: string;
  methods: readonly MethodWords[];
}

export interface MethodGroups {
  groups: readonly MethodGroup[];
}

export interface MethodWords {
  title: string;
  about: string;
  excludes: readonly string[];
  alone: boolean;
  acts: 'prior' | 'init' | 'guidance' | 'select' | 'subset' | null;
}

export interface Nearest {
  rows: readonly number[];
  distances: readonly number[];
  typical: number;
  sheet: string | null;
}

export interface Notice {
  words: string;
}

export interface Offered {
  name: string;
  title: string;
  classes: readonly string[];
  cfg_scale: number;
}

export interface PapersLine {
  net: string;
  images: string;
  cells: readonly string[];
}

export interface PapersTable {
  caption: string;
  methods: readonly string[];
  rows: readonly PapersLine[];
}

export interface Parcel {
  name: string;
  kind: string;
  content: string;
}

export interface Places {
  dataset: string;
  label: number;
  classes: readonly string[];
  labels: string;
  images: string;
  modes: string | null;
  mode_names: readonly string[];
  views: Readonly<Record<string, View>>;
  trust: Readonly<Record<string, string>>;
}

export interface Race {
  lanes: Readonly<Record<string, Waiting | Step | Done>>;
  told: Told;
  id: string;
}

export interface RaceState {
  lanes: Readonly<Record<string, Waiting | Step | Done>>;
  told: Told;
}

export interface Refusal {
  refused: string;
}

export interface Row {
  name: string;
  kind: string;
  images: string;
  link: Readonly<Record<string, string>> | null;
  seeds: number;
  epochs: number | null;
  mean: number | null;
  low: number | null;
  high: number | null;
  each: readonly number[];
  difference: number | null;
  difference_low: number | null;
  difference_high: number | null;
  verdict: string;
  grade: 'better' | 'like' | 'worse';
}

export interface Run {
  class: string;
  live: false;
  label: number;
  n: number;
  columns: number;
  sheet: string;
  points: Readonly<Record<string, readonly (readonly number[])[]>>;
  nearest: Nearest;
  covers: readonly number[];
  standing: Standing;
  witness: Witness;
  film: Film;
  recognised: readonly string[];
  modes: readonly string[] | null;
  scores: readonly Score[];
  kernel: Kernel;
  id?: string;
  dataset: string;
  title: string;
  status: readonly string[];
  query: Readonly<Record<string, string>>;
  moved: boolean;
  notice?: string;
  discrepancies?: readonly Score[];
  independent?: readonly Score[] | null;
}

export interface Score {
  space: string;
  name: string;
  title: string;
  about: string;
  value: number | null;
  mean: number | null;
  spread: number | null;
  draws: readonly number[];
  grade: 'better' | 'like' | 'worse';
  verdict: string;
  unit?: string;
  of?: number;
}

export interface Standing {
  nearest: string;
  distance: string;
  reach: string;
}

export interface Step {
  live: true;
  id?: string;
  label: number | null;
  n: number;
  columns: number;
  sheet: string | null;
  points: Readonly<Record<string, readonly (readonly number[])[]>> | null;
  stage: string | null;
  step: number;
  steps: number;
  made?: boolean;
  words?: string;
  query?: Readonly<Record<string, string>>;
}

export interface Studies {
  dataset: string;
  title: string;
  studies: readonly Study[];
  papers: readonly PapersTable[];
}

export interface Study {
  name: string;
  choice: string;
  caption: string;
  labels: string;
  conditions: readonly string[];
  commands: readonly string[];
  axes: readonly StudyAxis[];
  rows: readonly StudyLine[];
}

export interface StudyAxis {
  name: string;
  title: string;
  about: string;
  better: 'higher' | 'lower' | '';
  digits: number;
  log: boolean;
}

export interface StudyLine {
  name: string;
  kind: 'random' | 'real' | 'made';
  link: Readonly<Record<string, string>> | null;
  compared: Readonly<Record<string, string>> | null;
  values: Readonly<Record<string, StudyValue>>;
}

export interface StudyValue {
  mean: number;
  spread: number | null;
  low: number | null;
  high: number | null;
  sets: string;
  difference: number | null;
  difference_low: number | null;
  difference_high: number | null;
  grade: 'better' | 'like' | 'worse' | null;
  verdict: string;
}

export interface Sweep {
  dataset: string;
  label: number;
  method: string;
  ipc: number;
  steps: number;
  cfg_scale: number;
  seed: number;
  axes: readonly SweepAxis[];
  run?: boolean;
}

export interface SweepAxis {
  key: string;
  low: number;
  high: number;
  count: number;
}

export interface Swept {
  id: string;
  words: string;
  axes: readonly SweptAxis[];
  cells: Readonly<Record<string, Waiting | Done>>;
}

export interface SweptAxis {
  title: string;
  values: readonly number[];
}

export interface SweptCell {
  query: Readonly<Record<string, string>>;
  sheet: string;
  scores: readonly SweptScore[];
}

export interface SweptExample {
  sweep: Sweep;
  swept: Swept;
  cells: Readonly<Record<string, SweptCell>>;
}

export interface SweptScore {
  space: string;
  name: string;
  title: string;
  about: string;
  value: number | null;
  mean: number | null;
  spread: number | null;
  grade: 'better' | 'like' | 'worse';
  verdict: string;
  unit: string;
}

export interface Table {
  caption: string;
  rows: readonly Row[];
  full: Full | null;
}

export interface Texts {
  command: string;
  python: string;
  api: string;
  warning: string;
}

export interface TierWords {
  title: string;
  offers: string;
  here: boolean;
}

export interface Told {
  begins: Readonly<Record<string, 'noise' | 'group' | 'pool' | 'real'>>;
  apart: readonly Apart[];
  words: Readonly<Record<string, readonly string[]>>;
}

export interface Tour {
  page: string;
}

export interface TourCounts {
  better: number;
  like: number;
  worse: number;
}

export interface TourFacts {
  studies: Readonly<Record<string, TourStudy>>;
}

export interface TourStudy {
  title: string;
  caption: string;
  counts: TourCounts;
  methods: Readonly<Record<string, Readonly<Record<string, StudyValue>>>>;
}

export interface Training {
  live: boolean;
  name: string;
  now: string;
  progress: number;
  left: number | null;
  report: readonly string[];
  classes: readonly string[];
  preview: string;
  step: string;
  curves: Readonly<Record<string, readonly (readonly [number, number | null])[]>>;
  made?: string;
  title?: string;
  id: string;
}

export interface TrainingExample {
  title: string;
  classes: readonly string[];
  preview: string;
}

export interface TrainingState {
  live: boolean;
  name: string;
  now: string;
  progress: number;
  left: number | null;
  report: readonly string[];
  classes: readonly string[];
  preview: string;
  step: string;
  curves: Readonly<Record<string, readonly (readonly [number, number | null])[]>>;
  made?: string;
  title?: string;
}

export interface Usual {
  options: Readonly<Record<string, number | string | boolean>>;
}

export interface View {
  xy: string;
  scale: number;
}

export interface Waiting {
  live: true;
  failed: boolean;
  words: string;
}

export interface Whole {
  id: string;
  live: boolean;
  dataset: string;
  classes: readonly string[];
  n: number;
  lanes: readonly WholeLane[];
  progress: number;
  left: number | null;
  now: string;
}

export interface WholeLane {
  slot: number;
  name: string;
  link: Readonly<Record<string, string>>;
  real: boolean;
  made: readonly number[];
  failed: Readonly<Record<string, string>>;
}

export interface Witness {
  at: string;
  fields: Readonly<Record<string, Field>>;
}

export interface Word {
  term: string;
  forms: readonly string[];
  meaning: string;
  formula: string;
  source: string;
  url: string;
}
