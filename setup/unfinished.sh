#!/bin/sh
# Says, after a set-up that failed, what it needs.
case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in
zh*) echo "*** 安装没有完成，原因见上。首次安装需要访问 Python 和 npm 的软件源；代理用 HTTPS_PROXY 指定，
*** 镜像源用 PIP_INDEX_URL、UV_DEFAULT_INDEX 和 npm_config_registry 指定。再次运行会接着安装。 ***" ;;
*) echo "*** Set-up did not finish; the lines above say why. It needs the registries of Python and npm once: HTTPS_PROXY
*** names a proxy; PIP_INDEX_URL, UV_DEFAULT_INDEX and npm_config_registry name mirrors. Run it again to go on. ***" ;;
esac >&2
