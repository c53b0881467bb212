// The rim of the head from above, nose up, where its path itself is needed; the
// other parts of the picture are in icons.svg.
export const skin = 'M120 20C166 20 204 62 209 126C214 198 174 246 120 246C66 246 26 198 31 126C36 62 74 20 120 20Z';
