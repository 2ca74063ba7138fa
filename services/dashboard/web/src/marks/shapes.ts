/** The outline of each category's symbol, in a box of 24 by 24. Each is told from the others in black and white. */
import type { Incident } from '../api/shapes'

export const SHAPES: Record<Incident['category'], string> = {
  ied: 'M12 2 22 12 12 22 2 12z',
  landmine: 'M4 12a8 5 0 1 0 16 0a8 5 0 1 0-16 0z',
  uxo_erw: 'M12 2c4 4 5 8 5 12v6H7v-6c0-4 1-8 5-12z',
  grenade: 'M12 6a8 8 0 1 0 .01 0zM9 2h6v4H9z',
  ammunition_storage: 'M3 8h18v12H3zM3 8 12 3l9 5',
  other_explosive: 'M12 3 21 20H3z',
  not_explosive: 'M4 4h16v16H4z',
  unknown: 'M12 3a9 9 0 1 0 .01 0z',
}
