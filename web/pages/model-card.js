// @ts-check
/**
 * The types of what GET /v1/model answers, and the names of what is in it. `contract/manifest.py`,
 * `contract/evaluation.py` and `contract/history.py` of the service describe them.
 */

/**
 * @typedef {{
 *   precision: number,
 *   recall: number,
 *   f1: number,
 *   support: number,
 *   confused_with: string | null,
 *   confused_share: number,
 * }} StyleMetrics
 * @typedef {{
 *   split: string,
 *   pictures: number,
 *   top1: number,
 *   top3: number,
 *   balanced_accuracy: number,
 *   macro_f1: number,
 *   top1_interval: [number, number] | null,
 *   macro_f1_interval: [number, number] | null,
 *   expected_calibration_error: number,
 *   per_style: Record<string, StyleMetrics>,
 * }} TestMetrics
 * @typedef {{
 *   false_positive_rate: number[],
 *   true_positive_rate: number[],
 *   auc: number,
 * }} RocCurve
 * @typedef {{
 *   metrics: TestMetrics,
 *   run: string,
 *   train: number,
 *   confusion: number[][],
 *   curves: Record<string, RocCurve | null>,
 *   reliability: {confidence: number, accuracy: number, pictures: number}[],
 *   candidates: {coverage: number, size: number, single: number},
 * }} ListFigures
 * @typedef {{nearest: number, same_guess: number, by_chance: number}} Likeness
 * @typedef {{
 *   epoch: number,
 *   loss: number,
 *   accuracy: number,
 *   val_loss: number,
 *   val_accuracy: number,
 *   learning_rate: number,
 * }} EpochFigures
 * @typedef {{
 *   title: string,
 *   artist: string,
 *   year: number | null,
 *   truth: string,
 *   predicted: string,
 *   probability: number,
 * }} Mistake
 * @typedef {{
 *   styles: string[],
 *   lists: Record<string, ListFigures>,
 *   training: TestMetrics,
 *   baselines: {name: string, lists: Record<string, TestMetrics>}[],
 *   painting: RocCurve | null,
 *   neighbours: {
 *     nearest: number,
 *     style: Likeness,
 *     artist: Likeness | null,
 *     years: Likeness | null,
 *   },
 *   source_probe: {
 *     most_common: number,
 *     from_style: number,
 *     from_embedding: number,
 *     from_both: number,
 *   } | null,
 *   mistakes: Mistake[],
 *   history: EpochFigures[],
 *   recipe: Record<string, unknown>,
 *   training_s: number,
 *   device: string,
 *   comparison: Compared[],
 * }} Evaluation
 * @typedef {{
 *   tag: string,
 *   architecture: string,
 *   head: string,
 *   size_px: number,
 *   size_mb: number,
 *   latency_ms: number,
 *   accuracy: number | null,
 *   val_accuracy: number | null,
 *   top1: number | null,
 *   top1_interval: [number, number] | null,
 *   note: string,
 * }} Compared
 * @typedef {{
 *   id: string,
 *   architecture: string,
 *   input_size_px: number,
 *   styles: string[],
 *   precision: string,
 *   temperature: number,
 *   embedding_size: number,
 *   candidates: {
 *     coverage: number,
 *     threshold: number,
 *     penalty: number,
 *     free: number,
 *     test_coverage: number,
 *     test_size: number,
 *     test_single: number,
 *   },
 *   painting: {
 *     threshold: number,
 *     auroc: number,
 *     paintings_refused: number,
 *     photographs_refused: number,
 *     paintings: number,
 *     photographs: number,
 *   } | null,
 *   test: TestMetrics,
 *   elsewhere: {pictures: number, places: number, top1: number, top3: number} | null,
 *   data: {fingerprint: string, split: string, train: number, validation: number, test: number},
 *   commit: string,
 *   versions: Record<string, string>,
 *   files: Record<string, string>,
 * }} Manifest
 * @typedef {{
 *   at: string,
 *   kind: "promoted" | "rolled back",
 *   model: string,
 *   forced: string[],
 *   figures: {
 *     pictures: number,
 *     top1: number,
 *     macro_f1: number,
 *     macro_f1_before: number,
 *   } | null,
 * }} ModelChange
 * @typedef {{
 *   manifest: Manifest,
 *   evaluation: Evaluation | null,
 *   history: ModelChange[] | null,
 * }} ModelCard
 * @typedef {(slug: string) => string} NameOf the name of a style by its slug
 */

/** @type {Readonly<Record<string, {title: string, text: string}>>} what each test list asks */
const LISTS = {
  picture: {
    title: "New pictures",
    text: "pictures drawn by lot, so most of their artists were seen in training",
  },
  artist: {
    title: "New artists",
    text: "pictures by artists of whom it saw nothing in training",
  },
  source: {
    title: "New collection",
    text: "pictures from a collection of which it saw nothing in training",
  },
};

/**
 * @param {string} list
 * @returns {string}
 */
export function listTitle(list) {
  return LISTS[list]?.title ?? list;
}

/**
 * @param {string} list
 * @returns {string} what its pictures are
 */
export function listText(list) {
  return LISTS[list]?.text ?? `the pictures of the list “${list}”`;
}

/** @type {Readonly<Record<string, string>>} */
const ARCHITECTURES = {
  mobilenetv2: "MobileNetV2",
  mobilenetv3large: "MobileNetV3 Large",
  vgg16: "VGG16",
  resnet50: "ResNet50",
  inceptionv3: "Inception v3",
  xception: "Xception",
};

/**
 * @param {string} architecture
 * @returns {string} as its authors write it
 */
export function architectureName(architecture) {
  return ARCHITECTURES[architecture] ?? architecture;
}
