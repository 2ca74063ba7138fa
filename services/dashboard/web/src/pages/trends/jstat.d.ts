/** What the pages use of jStat, which brings no types. */
declare module 'jstat' {
  interface Distribution<Parameters extends number[]> {
    /** The quantile of a probability. */
    inv(probability: number, ...parameters: Parameters): number
  }
  const jstat: {
    chisquare: Distribution<[degrees: number]>
    beta: Distribution<[alpha: number, beta: number]>
  }
  export default jstat
}
