/* Reading an answer aloud, one at a time. A Chinese voice of this device reads where there is one (its
 * words then stay here); else the server's sound is played. A voice is given sentence after sentence:
 * old browsers cannot pause inside one, and long ones fall silent. */

import { readonly, ref } from 'vue';

import type { Answer } from '../api/types';
import { ApiError, request } from '../api/http';
import { plainText } from '../text/blocks';
import { KIND_TITLE } from '../text/words';

export type Speech = 'silent' | 'starting' | 'speaking' | 'paused';

const VOICES_WAIT_MS = 400;
const SENTENCE_CHARS_MAX = 120;

const state = ref<Speech>('silent');
const turn = ref(0);
const problem = ref('');
let player: Player | null = null;

interface Player {
  play(): void;
  pause(): void;
  end(): void;
}

function voices(): SpeechSynthesisVoice[] {
  if (typeof speechSynthesis === 'undefined') return [];
  return speechSynthesis
    .getVoices()
    .filter((voice) => voice.localService && /^(zh|cmn)([-_]|$)/i.test(voice.lang));
}

/* Some browsers know their voices only a moment after they were first asked. */
async function chineseVoice(): Promise<SpeechSynthesisVoice | null> {
  if (voices().length === 0 && typeof speechSynthesis !== 'undefined')
    await new Promise<void>((resolve) => {
      const timer = window.setTimeout(resolve, VOICES_WAIT_MS);
      speechSynthesis.onvoiceschanged = () => {
        window.clearTimeout(timer);
        resolve();
      };
    });
  const known = voices();
  return known.find((voice) => /CN|Hans/i.test(voice.lang)) ?? known[0] ?? null;
}

/* What is said: the kind, the answer, and that a machine found it. */
export function sentencesOf(answer: Answer): string[] {
  const text = [KIND_TITLE[answer.kind], plainText(answer.answer), answer.label].join('。\n');
  const result: string[] = [];
  for (const line of text.split(/\n+/))
    for (const sentence of line.match(/[^。！？；]+[。！？；]*/g) ?? []) {
      let rest = sentence.trim();
      while (rest.length > SENTENCE_CHARS_MAX) {
        const at = rest.lastIndexOf('，', SENTENCE_CHARS_MAX);
        const end = at > 0 ? at + 1 : SENTENCE_CHARS_MAX;
        result.push(rest.slice(0, end));
        rest = rest.slice(end);
      }
      if (/[^\s。！？；]/.test(rest)) result.push(rest);
    }
  return result;
}

function deviceVoice(voice: SpeechSynthesisVoice, answer: Answer): Player {
  const sentences = sentencesOf(answer);
  let at = 0;
  let stopped = false;
  const next = () => {
    if (stopped) return;
    if (at >= sentences.length) return done();
    const words = new SpeechSynthesisUtterance(sentences[at]);
    words.voice = voice;
    words.lang = voice.lang;
    words.rate = 0.9;
    words.onend = () => {
      if (stopped) return;
      at += 1;
      next();
    };
    words.onerror = () => !stopped && failed('朗读中断了，请再试一次。');
    speechSynthesis.speak(words);
    state.value = 'speaking';
  };
  return {
    play() {
      stopped = false;
      next();
    },
    pause() {
      stopped = true;
      speechSynthesis.cancel();
    },
    end() {
      stopped = true;
      speechSynthesis.cancel();
    },
  };
}

function serverSound(answer: Answer): Player {
  const path = `/api/turns/${answer.turn}/speech?dialogue=${encodeURIComponent(answer.dialogue)}`;
  const sound = new Audio(path);
  let ended = false;
  sound.onplaying = () => (state.value = 'speaking');
  sound.onended = done;
  sound.onerror = () => !ended && void explain(path);
  return {
    play() {
      state.value = 'starting';
      const started = sound.play();
      if (started) started.catch(() => undefined); // onerror says why
    },
    pause: () => sound.pause(),
    end() {
      ended = true;
      sound.pause();
      sound.removeAttribute('src');
    },
  };
}

/* The sound itself cannot tell why it does not come: the server's words can. */
async function explain(path: string): Promise<void> {
  try {
    await request(path);
    failed('这台设备不能播放声音，请换一个浏览器再试。');
  } catch (error) {
    failed(error instanceof ApiError ? error.message : '暂时不能朗读，请稍后再试。');
  }
}

function done(): void {
  player = null;
  state.value = 'silent';
}

function failed(words: string): void {
  done();
  problem.value = words;
}

async function speak(answer: Answer): Promise<void> {
  silence();
  turn.value = answer.turn;
  state.value = 'starting';
  const voice = await chineseVoice();
  if (turn.value !== answer.turn || state.value !== 'starting') return; // silenced meanwhile
  player = voice ? deviceVoice(voice, answer) : serverSound(answer);
  player.play();
}

function pause(): void {
  player?.pause();
  if (player) state.value = 'paused';
}

function goOn(): void {
  player?.play();
}

function silence(): void {
  player?.end();
  problem.value = '';
  done();
}

export function useSpeech() {
  return {
    state: readonly(state),
    turn: readonly(turn),
    problem: readonly(problem),
    speak,
    pause,
    goOn,
    silence,
  };
}
