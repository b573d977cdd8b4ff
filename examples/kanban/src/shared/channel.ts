// Apart from the contract, so that the page has no schema library.

/** The only board. */
export const BOARD = 'board:main';
/** Edits that are kept; the board is made of them. */
export const HISTORY_SIZE = 5_000;
