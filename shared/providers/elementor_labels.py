"""
What Elementor calls the things that it adds to the answers of a form, in the language of the site.

The languages are English, Spanish, Portuguese, French, German, Italian, Dutch, Polish, Swedish, Turkish, Arabic, Hindi,
Japanese and Chinese.
"""

LABELS = {
    "page_url": """
        Page URL, URL de la página, URL de página, URL da página, URL de la page, Seiten-URL, URL der Seite,
        URL della pagina, URL pagina, Pagina-URL, URL strony, Adres URL strony, Sid-URL, Sidans URL, Sayfa URL,
        Sayfa URL'si, رابط الصفحة, عنوان URL للصفحة, पेज यूआरएल, पेज URL, पृष्ठ यूआरएल, पृष्ठ URL, ページURL, ページのURL,
        页面URL, 页面网址, 頁面URL, 頁面網址, 網頁網址
    """,
    "user_agent": """
        User Agent, Agente de usuario, Agente do usuário, Agente do utilizador, Agente de utilizador,
        Agent utilisateur, Benutzeragent, Agente utente, Gebruikersagent, Agent użytkownika, Klient użytkownika,
        Användaragent, Kullanıcı Aracısı, Kullanıcı Temsilcisi, وكيل المستخدم, उपयोगकर्ता एजेंट, यूजर एजेंट,
        ユーザーエージェント, 用户代理, 用戶代理, 使用者代理
    """,  # noqa: RUF001
    "remote_ip": """
        Remote IP, IP remota, IP remoto, Dirección IP remota, Endereço IP remoto, IP distante, Adresse IP distante,
        Entfernte IP, Indirizzo IP remoto, Extern IP, Externe IP, Extern IP-adres, Zdalne IP, Zdalny IP,
        Zdalny adres IP, Fjärr-IP, Uzak IP, Uzak IP adresi, IP البعيد, عنوان IP البعيد, रिमोट आईपी, रिमोट IP,
        दूरस्थ आईपी, दूरस्थ IP, リモートIP, 远程IP, 遠端IP, 遠程IP
    """,
    "credit": """
        Powered by, Desarrollado por, Creado con, Con tecnología de, Funciona gracias a, Desenvolvido por,
        Propulsé par, Bereitgestellt von, Unterstützt von, Präsentiert von, Offerto da, Sviluppato da,
        Realizzato da, Aangedreven door, Mogelijk gemaakt door, Obsługiwane przez, Wspierane przez,
        Napędzane przez, Drivs av, Tarafından desteklenmektedir, مدعوم من, بدعم من, مشغل بواسطة, द्वारा संचालित,
        提供, 技术支持, 提供支持, 技術支援
    """,  # noqa: RUF001
    "no_label": """
        No Label, Sin etiqueta, Sem rótulo, Sem etiqueta, Sans étiquette, Sans libellé, Pas de libellé, Kein Label,
        Ohne Label, Keine Beschriftung, Keine Bezeichnung, Nessuna etichetta, Geen label, Brak etykiety,
        Ingen etikett, Etiket Yok, بدون تسمية, कोई लेबल नहीं, ラベルなし, 无标签, 無標籤
    """,
}


def is_called(kind: str, label: str) -> bool:
    """Say whether a label is one of those of a kind, without regard to case, blanks and hyphens."""
    return _compared(label) in CALLED[kind]


def _compared(label: str) -> str:
    return "".join(letter for letter in label.casefold() if letter.isalnum())


CALLED = {kind: frozenset(map(_compared, labels.split(","))) for kind, labels in LABELS.items()}
