// Every screen but the two that one begins with, by its file.
import type { ComponentType } from 'preact';
import type { Way } from '../core/way';

export const screens = import.meta.glob<ComponentType<Way>>(['./*.tsx', '!./home.tsx', '!./welcome.tsx'], { eager: true, import: 'default' });
