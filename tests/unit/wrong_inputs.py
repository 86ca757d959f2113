"""Values that are wrong for a variable, by its type, its kind and its name."""

from __future__ import annotations

from datetime import date

# Wrong for every variable of a type.
BY_TYPE: dict[str, list[object]] = {
    "bool": ["maybe", "ja", "", 2, None, [], {}, [True]],
    "int": ["many", "", "１２", -1, 10**12, 1.5, True, None, [], {}, [1]],
    "float": ["many", "", -1.5, True, None, [], {}],
    "str": [True, False, 7, 1.5, date(2026, 1, 2), None, [], ["a"], {}, {"a": 1}, " ", "a\nb"],
    "path": [True, 7, None, ["a"], {"a": 1}],
    "list": ["text", "", 7, True, None, {}, {"a": 1}],
    "dict": ["text", "a: b", "", 7, True, None, [], ["a"]],
}
ITEMS: list[object] = [True, 7, None, "", " ", "a\nb", ["a"], {"a": 1}]
BAD_HOSTS = ["a b", "h ost:80", "2001:db8::7", "[::1", "999.1.1.1", "a..b", "-a"]
DURATIONS: list[object] = [
    "soon", "10", "s", "10S", "10 s", " 10s", "10s ", "10s\n", "-10s", "+10s", "1.5h", "1e3s",
    "10s5m", "30m1h", "5m5m", "1h30", "８s", "１０m", "[8s]", "0s", "0m", "0", "9999d", "999y",
    "10 minutes", "10sec", "5min", "10s,", "P1D", "00:10:00", "inf", "∞",
]  # fmt: skip
# Wrong for every variable of a kind.
BY_KIND: dict[str, list[object]] = {
    "duration": DURATIONS,
    "port": [0, 80, 1023, 65536, 99999],
    "node_port": [0, 80, 29999, 32768, 65535],
    "url": [
        "host:8080", "ftp://host", "http://", "http:///x", "http://host:0", "http://host:65536",
        "http://host:８０", "http://ho st", "http://host/a b", "//host", "https:host",
        "http://host ", "http://host\n", *(f"http://{host}" for host in BAD_HOSTS), "nonsense",
    ],
    "repository": ["https://host/", "https://host/folder/", "host/folder", "https://a b/c"],
    "version": ["latest", "1", "13.2.3 ", "v1.36.4+k3s1\n"],
    "websocket": ["https://host", "ws://", "ws://host:0", "wss://ho st", "ws://[::1"],
    "proxy": ["proxy:3128", "http://proxy", "https://proxy:1", "http://proxy.example.com:3128"],
    "listen_address": [
        "::1", "localhost", "256.0.0.1", "1.2.3", "0127.0.0.1", "127.0.0.1/8", "１27.0.0.1",
        "198.51.100.9", "127.0.0.1:80", "*",
    ],
    "host": ["host:6443", "https://host", "fe80::1%eth0", "999.1.1.1", "1.2.3", "a..b", "a b"],
    "network": ["127.0.0.1", "300.0.0.0/8", "10.0.0.0/33", "::/0", "all"],
    "domain": ["a..b", "Cluster.Local", "a b", ".local", "cluster_local"],
    "image": [
        "prom", "prom:", ":v1", "http://x:1", "a b:1", "Prom/X:1", "x@sha256:12", "x:1 ",
        "a//b:1",
    ],
    "volume": ["1G", "8GiB", "0Gi", "1Mi", "8 Gi", "-1Gi", "1.5Gi", "８Gi", "8", "9999999Ti"],
    "bytes": ["5", "0GB", "1MB", "5G", "5 GB", "-5GB", "５GB", "5gb", "99999999TB"],
    "memory": ["0M", "1M", "256", "256MB", "256m", "-256M", "２56M", "1.5G", "256 M", "99999999T"],
    "zone": ["Asia/Soul", "KST+9", "utc", "Europe / Berlin", "Seoul", "+09:00"],
    "fingerprint": ["9DC8", "Z" * 40, "9DC8 5822", "９" * 40],
    "checksums": [{"amd64": digits} for digits in ("", "12", "g" * 64, "A" * 64, "0" * 63)],
    "time": ["24:00", "22", "7:00", "22:60", "10pm", "22:00:00", "２2:00", "22.00"],
    "mail": [
        "ops", "@host", "ops@", "a b@c", "a@b@c", "x <a@b", "a@b>", "ops@example.org", "a@b,c@d",
    ],
    "mail_server": [
        "smtp.host", "smtp.host:0", "smtp.host:99999", "smtp host:25", ":587",
        "mail.example.org:587",
    ],
    "percent": [0, 100, 101, 1000],
    "seconds": [100_000, 10**7],
    "resources": [
        {"request": {}}, {"requests": "1"}, {"limits": {"memory": "lots"}}, {"limits": {"cpu": -1}},
        {"limits": {"ram": "1Gi"}}, {"limits": {"memory": "0"}}, {"limits": None},
    ],
    "sections": [{"smtp": True}, {"smtp": ["a"]}, {"smtp": {"a": {"b": 1}}}, {"smtp": None}],
    "severity": ["Critical", "page", "critical, info", "none"],
}  # fmt: skip
# Wrong for one variable.
BY_NAME: dict[str, list[object]] = {
    "alertmanager_slack_webhook_url": [
        "https://hooks.slack.com/services/T.../B.../...",
        "https://hooks.slack.com/services/T0/B0",
        "https://hooks.slack.com/services/T0/B0/XXXXXXXXXXXX", "https://host/x",
        "https://hooks.slack.com/services/T0/B0/your-secret",
    ],
    "alertmanager_discord_webhook_url": [
        "https://discord.com/api/webhooks/.../...", "https://discord.com/api/webhooks/a/b",
    ],
    "alertmanager_webhook_url": ["https://example.org/hook", "https://hooks.example.com/x"],
    "alertmanager_heartbeat_url": ["https://example.org/beat", "https://hc-ping.com/<uuid>"],
    "alertmanager_pagerduty_routing_key": ["short", "x" * 32, "a" * 33],
    "alertmanager_telegram_bot_token": ["123:short", "abc", "1:your-token-from-botfather"],
    "alertmanager_telegram_chat_id": ["@channel", "12 34", "１２３"],
    "alertmanager_repeat_interval": ["31d", "1y"],
    "alertmanager_repeat_intervals_by_severity": [
        {"critcal": "15m"}, {"page": "15m"}, {"critical": 15}, {"critical": None}, {True: "1h"},
        {"warning": "365d"}, {"warning": ["1h"]},
    ],
    "alertmanager_repeat_intervals_by_alert": [
        {"DiscordBotDwon": "1h"}, {"critical": "1h"}, {"DiscordBotDown": "1h1d"}, {7: "1h"},
    ],
    "alertmanager_max_alerts": [0, 21, 1000],
    "alertmanager_group_wait": ["11m", "1d"],
    "alertmanager_group_interval": ["2h", "1d"],
    "alertmanager_quiet_days": [["Saturday"], ["sat"], ["weekend"]],
    "alertmanager_test_timeout_seconds": [0, 3601],
    "botwatch_prometheus_url": ["https://host/prometheus", "http://host/$x", "http://h'/", 'http://h"'],
    "botwatch_alertmanager_url": ["https://host/alerts", "http://host/`x`", "http://host/\\"],
    "botwatch_grafana_url": ["http://host/$x", "http://h'/"],
    "botwatch_no_proxy": ["[a,b]", "a;b", "a|b"],
    "botwatch_releases_kept": [0, 1, 100],
    "discord_bot_token": ["abc", "your-bot-token-goes-here", "spaces in the token", "x" * 24],
    "discord_bot_drill_token": ["short", "with spaces in the token"],
    "discord_bot_prefix": ["", "a", "????", "? ", "？"],
    "discord_bot_operator_role": ["admin", "123", "１" * 18],
    "discord_bot_gateway_quiet_s": [1, 9, 86401],
    "discord_bot_gateway_patience_s": [5, 99999],
    "discord_bot_user_commands_per_minute": [10000],
    "discord_bot_name": ["My bot", "-bot", "bot_1", "monitoring", "ssh", "kube-system", "b" * 40],
    "discord_bot_version": ["-v1", "a b", "v1;x"],
    "discord_bot_token_variable": ["", "A B", "1TOKEN", "A=B"],
    "discord_bot_data_directory": ["data", "/da ta", "/data;x"],
    "discord_bot_writable_paths": [["../x"], ["a/../../x"], ["a b"], ["."], ["%h"]],
    "discord_bot_log_files": [["./bot.log"], ['"bot.log"']],
    "discord_bot_metrics_path": ["metrics", "/a b"],
    "discord_bot_memory_max": ["99M", "64K"],
    "grafana_admin_password": ["short", "has a space", "p" * 129, "pässword1"],
    "grafana_version": ["13", "13.2", "v13.2.3"],
    "k3s_version": ["1.36.4", "v1.36.4", "v1.36.4-k3s1"],
    "k3s_sha256": ["abc", "Z" * 64, "A" * 64],
    "k3s_server_url": ["http://host:6443", "https://host/path", "https://2001:db8::7:6443"],
    "k3s_token": ["short", "K10abc"],
    "k3s_node_name": ["Node", "node_1", "a..b", "-a", "a" * 64],
    "k3s_disabled_components": [["Traefik"], ["a b"], ["traefik,servicelb"]],
    "node_exporter_disabled_collectors": [["textfile"], ["arp", "filesystem"], ["timex"], ["stat"]],
    "prometheus_bot_down_for": ["1s", "11m", "30d"],
    "prometheus_bot_down_grace": ["1h"],
    "prometheus_bot_hung_after": ["20s", "1m"],
    "prometheus_bot_scrape_interval": ["500ms", "16s", "5m"],
    "prometheus_scrape_interval": ["3m", "1h"],
    "prometheus_monitoring_scrape_interval": ["16s", "1m"],
    "prometheus_bot_disconnected_for": ["2h", "30d"],
    "prometheus_bot_errors_threshold": [10001],
    "prometheus_bot_failing_commands": [0, 1001],
    "prometheus_bot_objective_percent": [0, 100, 0.5, 101],
    "prometheus_bot_budget_failures": [0],
    "prometheus_bot_memory_percent": [0, 100],
    "prometheus_bot_slow_threshold": ["2m"],
    "prometheus_bot_deaf_after": ["3d"],
    "prometheus_alertmanager_unreachable_for": ["59s", "2h"],
    "prometheus_notifications_missed_settled": ["29s", "11m"],
    "prometheus_kubernetes_crashes_threshold": [0],
    "prometheus_kubernetes_namespaces": [[], ["discord-bot"], ["discord-bot", "monitoring", "A b"]],
    "prometheus_node_units_ignored": [["nginx"], ["nginx.service "]],
    "prometheus_external_labels": [{"a-b": "x"}, {"": "x"}, {"__x": "y"}, {"a": ["b"]}],
    "prometheus_retention_time": ["1h", "11y"],
    "prometheus_target_missing_for": ["30d"],
    "prometheus_bot_budget_burns": [
        [{}], [{"severity": "critical"}], ["1h"],
        [{"severity": "page", "rate": 1, "window": "1h", "recent": "5m"}],
        [{"severity": "info", "rate": 0, "window": "1h", "recent": "5m"}],
        [{"severity": "info", "rate": 1, "window": "1hour", "recent": "5m"}],
        [{"severity": "info", "rate": 1, "window": "1h", "recent": "5m", "for": "1m"}],
    ],
}  # fmt: skip
# Wrong for others of their kind or type.
SOUND_AFTER_ALL: list[tuple[str, object]] = [
    ("alertmanager_slack_channel", ""),
    ("alertmanager_slack_username", ""),
    ("alertmanager_slack_icon_emoji", ""),
    ("alertmanager_group_wait", "0s"),
    ("alertmanager_group_wait", "0m"),
    ("botwatch_https_proxy", ""),
]
