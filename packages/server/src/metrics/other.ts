/** The label of everything that has a name which is not known beforehand. */
export const OTHER = 'other';
