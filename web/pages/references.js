// @ts-check
/** The papers and texts that the code follows; each is cited where it is used. */

/** @typedef {{authors: string, year: number, title: string, use: string, url: string}} Reference */

const ARXIV = "https://arxiv.org/abs/";

/** @type {readonly Reference[]} by year */
export const REFERENCES = [
  {
    authors: "F. N. Fritsch and R. E. Carlson",
    year: 1980,
    title: "Monotone Piecewise Cubic Interpolation",
    use: "curves that never dip below zero",
    url: "https://doi.org/10.1137/0717021",
  },
  {
    authors: "B. W. Silverman",
    year: 1986,
    title: "Density Estimation for Statistics and Data Analysis",
    use: "the hills of the chronology",
    url: "https://doi.org/10.1201/9781315140919",
  },
  {
    authors: "N. Krawetz",
    year: 2013,
    title: "Kind of Like That",
    use: "finding copies of a picture",
    url: "https://www.hackerfactor.com/blog/?/archives/529-Kind-of-Like-That.html",
  },
  {
    authors: "C. Szegedy and others",
    year: 2014,
    title: "Going Deeper with Convolutions",
    use: "random crops",
    url: `${ARXIV}1409.4842`,
  },
  {
    authors: "G. Hinton, O. Vinyals and J. Dean",
    year: 2015,
    title: "Distilling the Knowledge in a Neural Network",
    use: "learning from finished runs",
    url: `${ARXIV}1503.02531`,
  },
  {
    authors: "B. Zhou and others",
    year: 2016,
    title: "Learning Deep Features for Discriminative Localization",
    use: "the light on the picture",
    url: `${ARXIV}1512.04150`,
  },
  {
    authors: "L. N. Smith",
    year: 2017,
    title: "Cyclical Learning Rates for Training Neural Networks",
    use: "finding a learning rate",
    url: `${ARXIV}1506.01186`,
  },
  {
    authors: "C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger",
    year: 2017,
    title: "On Calibration of Modern Neural Networks",
    use: "honest odds",
    url: `${ARXIV}1706.04599`,
  },
  {
    authors: "H. Zhang, M. Cisse, Y. N. Dauphin and D. Lopez-Paz",
    year: 2017,
    title: "mixup: Beyond Empirical Risk Minimization",
    use: "mixed pictures in training",
    url: `${ARXIV}1710.09412`,
  },
  {
    authors: "B. Jacob and others",
    year: 2017,
    title:
      "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
    use: "a model of a quarter of the size",
    url: `${ARXIV}1712.05877`,
  },
  {
    authors: "M. Sandler, A. Howard, M. Zhu, A. Zhmoginov and L.-C. Chen",
    year: 2018,
    title: "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
    use: "the network itself",
    url: `${ARXIV}1801.04381`,
  },
  {
    authors: "P. Izmailov and others",
    year: 2018,
    title: "Averaging Weights Leads to Wider Optima and Better Generalization",
    use: "the mean of the last epochs",
    url: `${ARXIV}1803.05407`,
  },
  {
    authors: "M. Mitchell and others",
    year: 2019,
    title: "Model Cards for Model Reporting",
    use: "what is told about the model",
    url: `${ARXIV}1810.03993`,
  },
  {
    authors: "S. Yun and others",
    year: 2019,
    title: "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features",
    use: "patched pictures in training",
    url: `${ARXIV}1905.04899`,
  },
  {
    authors: "H. Touvron, A. Vedaldi, M. Douze and H. Jégou",
    year: 2019,
    title: "Fixing the Train-Test Resolution Discrepancy",
    use: "how large pictures are in training",
    url: `${ARXIV}1906.06423`,
  },
  {
    authors: "B. Ottosson",
    year: 2020,
    title: "A Perceptual Color Space for Image Processing",
    use: "the five colours of a work",
    url: "https://bottosson.github.io/posts/oklab/",
  },
  {
    authors: "A. Angelopoulos, S. Bates, J. Malik and M. I. Jordan",
    year: 2021,
    title: "Uncertainty Sets for Image Classifiers using Conformal Prediction",
    use: "naming several styles",
    url: `${ARXIV}2009.14193`,
  },
];
