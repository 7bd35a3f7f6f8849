/* What the page knows of the site, and the region that the citizen chose. */

import { computed, reactive, readonly, ref } from 'vue';

import { ApiError, getJson } from '../api/http';
import type { Region, Site } from '../api/types';
import { keep, readKept } from './device';

const REGION = 'region';

const site = reactive<Site>({
  name: '',
  platform: '政务服务智能问答',
  hotline: '12345',
  hotline_hours: '24小时',
  region: '',
  region_name: '',
  notice: '',
  entries: 0,
  updated_on: '',
});
const regions = ref<Region[]>([]);
const chosen = ref(readKept(REGION));
const problem = ref('');

function chooseRegion(code: string): void {
  chosen.value = code;
  keep(REGION, code);
}

async function loadSite(): Promise<void> {
  problem.value = '';
  try {
    const [facts, list] = await Promise.all([
      getJson<Site>('/api/site'),
      getJson<{ regions: Region[] }>('/api/regions'),
    ]);
    Object.assign(site, facts);
    regions.value = list.regions;
    if (chosen.value && !list.regions.some((region) => region.code === chosen.value))
      chooseRegion('');
  } catch (error) {
    problem.value =
      error instanceof ApiError ? error.message : '页面信息没有加载成功，请刷新重试。';
  }
}

/* 安澜市 · 临江区 · 滨江街道, from the site's own region downwards. */
const regionPath = computed(() => {
  const names: string[] = [];
  let code = chosen.value || site.region;
  while (code) {
    const region = regions.value.find((item) => item.code === code);
    if (!region) break;
    names.unshift(region.name);
    code = code === site.region ? '' : region.parent;
  }
  return names.length > 0 ? names : [site.region_name].filter(Boolean);
});

export function useSite() {
  return {
    site: readonly(site),
    regions: readonly(regions),
    chosenRegion: readonly(chosen),
    siteProblem: readonly(problem),
    regionPath,
    chooseRegion,
    loadSite,
  };
}
