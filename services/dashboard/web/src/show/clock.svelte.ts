/** The time, to the second, for what says how old it is. */
class Clock {
  now = $state(new Date())
  constructor() {
    setInterval(() => {
      this.now = new Date()
    }, 1000)
  }
}

export const clock = new Clock()
