"""Yes and no as people and form builders write them, in the languages in which labels are read."""

from pydantic import JsonValue

from shared.words import folded

_YES = """
    yes, y, yep, yeah, true, on, 1, ok, okay, sure, of course, checked, ticked, selected, agree, agreed, i agree,
    yes i agree,
    accept, accepted, i accept, yes i accept, consent, consented, i consent, yes i consent, yes please, yes i do,
    opt in, opted in,
    subscribe, subscribed, allow, allowed, granted, confirmed, i confirm, yes of course, sign me up, yes you may,
    ja, ja bitte, ja gerne, gerne, ich stimme zu, ja ich stimme zu, einverstanden, ich bin einverstanden,
    zugestimmt, natürlich,
    ich willige ein, ja ich willige ein, ja ich bin einverstanden, ich akzeptiere, akzeptiert, wahr,
    oui, d'accord, j'accepte, oui j'accepte, je suis d'accord, accepte, accepté, oui merci, bien sûr, vrai,
    oui je consens, je consens,
    oui s'il vous plaît, oui volontiers,
    sí, sí por favor, acepto, de acuerdo, estoy de acuerdo, sí acepto, aceptar, claro, por supuesto, verdadero,
    autorizo, sí autorizo,
    aceptado,
    sì, accetto, sì accetto, d'accordo, acconsento, sì grazie, sì acconsento, certo, certamente, autorizzo,
    presto il consenso,
    sim, aceito, sim aceito, concordo, sim por favor, claro que sim, verdadeiro, com certeza, sim concordo,
    eu aceito, eu concordo,
    ja graag, akkoord, ik ga akkoord, ja ik ga akkoord, natuurlijk, graag, ik stem toe, mee eens,
    sí accepto, accepto, d'acord, hi estic d'acord,
    tak, zgadzam się, tak zgadzam się, wyrażam zgodę, tak wyrażam zgodę, akceptuję, zgoda, oczywiście, tak proszę,
    prawda,
    ano, souhlasím, ano souhlasím, přijímám, ano prosím, samozřejmě,
    áno, súhlasím, áno súhlasím, prijímam, áno prosím, samozrejme,
    igen, elfogadom, hozzájárulok, egyetértek, igen kérek, igen elfogadom, beleegyezem, igen hozzájárulok, kérek,
    da, sunt de acord, de acord, da sunt de acord, accept, da accept, desigur,
    slažem se, pristajem, prihvaćam, prihvatam, da slažem se, suglasan sam, suglasna sam, naravno, saglasan sam,
    saglasna sam,
    да, съгласен съм, съгласна съм, съгласен, съгласна, приемам, да съгласен съм, разбира се,
    согласен, согласна, я согласен, я согласна, да согласен, да согласна, принимаю, да конечно, конечно, хорошо,
    даю согласие,
    так, згоден, згодна, я згоден, я згодна, погоджуюсь, погоджуюся, так згоден, приймаю, звичайно, даю згоду,
    ναι, συμφωνώ, αποδέχομαι, ναι συμφωνώ, δέχομαι, συναινώ, ναι παρακαλώ, βεβαίως, φυσικά,
    evet, kabul ediyorum, onaylıyorum, evet kabul ediyorum, tamam, onay veriyorum, evet onaylıyorum, tabii,
    izin veriyorum, olur, katılıyorum,
    ja tack, jag godkänner, jag samtycker, jag accepterar, godkänner, absolut, visst, självklart, ja jag samtycker,
    ja tak, ja takk, jeg accepterer, jeg godtar, jeg samtykker, jeg aksepterer, godtar, enig, jeg er enig,
    selvfølgelig, gerne, gjerne,
    ja jeg samtykker,
    kyllä, joo, hyväksyn, suostun, kyllä kiitos, kyllä hyväksyn, totta kai, annan suostumukseni, samaa mieltä,
    نعم, موافق, أوافق, نعم أوافق, موافقة, اوافق, بالتأكيد, صحيح, حسنا, أجل, نعم موافق, أقبل, نعم من فضلك,
    כן, מסכים, מסכימה, אני מסכים, אני מסכימה, מאשר, מאשרת, אני מאשר, אני מאשרת, בטח, כן בבקשה, כן אני מסכים, בהחלט,
    हाँ, हां, जी हाँ, जी हां, सहमत, मैं सहमत हूँ, मैं सहमत हूं, स्वीकार, स्वीकार है, ठीक है, हाँ मैं सहमत हूँ, हा,
    सही, हां जी, मुझे स्वीकार है,
    はい, 同意する, 同意します, 同意, 希望する, 希望します, はい同意します, 了承しました, 承諾, 承諾する,
    承諾します, 可, 了解, 受け取る, はい希望します, 登録する, 同意しました, 有り,
    是, 是的, 同意, 我同意, 好, 好的, 可以, 愿意, 願意, 接受, 我接受, 确认, 確認, 对, 對, 允许, 允許, 希望,
    是的我同意, 當然, 当然, 真, 愿意接收, 已同意, 我愿意, 我願意,
    예, 네, 동의, 동의함, 동의합니다, 동의해요, 예 동의합니다, 네 동의합니다, 확인, 좋아요, 수락, 허용, 수신,
    수신 동의, 참, 네 좋아요,
    ใช่, ยินยอม, ยอมรับ, ตกลง, ใช่ครับ, ใช่ค่ะ, ได้, ยินดี, เห็นด้วย, ข้าพเจ้ายินยอม, ฉันยินยอม, ฉันยอมรับ, อนุญาต,
    có, vâng, đồng ý, tôi đồng ý, chấp nhận, tôi chấp nhận, được, đúng, dạ, dạ có, ừ,
    ya, setuju, saya setuju, ya saya setuju, bersedia, boleh, saya bersedia, iya, tentu, benar, ya setuju
"""
_NO = """
    no, n, nope, false, off, 0, none, none of the above, never, unchecked, unticked, not selected, disagree,
    i disagree, do not agree,
    i do not agree, i don't agree, decline, declined, i decline, no thanks, no thank you, no i do not, opt out,
    no i don't,
    opted out, unsubscribe, unsubscribed, denied, do not contact me, i do not consent, i don't consent, not agreed,
    refused,
    nein, nein danke, ich stimme nicht zu, nicht einverstanden, keine, nein ich stimme nicht zu,
    ich bin nicht einverstanden,
    falsch, ich willige nicht ein, niemals, lieber nicht, abgelehnt,
    non, non merci, je refuse, pas d'accord, aucun, aucune, je ne suis pas d'accord, je n'accepte pas,
    non je refuse, faux, jamais, refusé,
    no gracias, no acepto, ninguno, ninguna, no estoy de acuerdo, no autorizo, falso, nunca, rechazo, no deseo,
    no grazie, non accetto, nessuno, nessuna, non acconsento, rifiuto, no non accetto, non autorizzo,
    não, não obrigado, não obrigada, não aceito, nenhum, nenhuma, não concordo, não autorizo, recuso, não desejo,
    nee, nee bedankt, nee dank je, geen, niet akkoord, ik ga niet akkoord, nee dank u, nooit, liever niet,
    niet mee eens,
    no gràcies, no accepto, no hi estic d'acord,
    nie, nie dziękuję, nie zgadzam się, nie wyrażam zgody, nie akceptuję, fałsz, nigdy, brak, nie chcę,
    ne, ne děkuji, nesouhlasím, ne nesouhlasím, odmítám, nechci, nikdy,
    nie ďakujem, nesúhlasím, odmietam, nechcem,
    nem, nem köszönöm, nem fogadom el, nem járulok hozzá, nem értek egyet, nem kérek, elutasítom, soha,
    nu, nu mulțumesc, nu sunt de acord, nu accept, refuz, niciodată,
    ne hvala, ne slažem se, ne pristajem, ne prihvaćam, ne prihvatam, nisam suglasan, nisam suglasna,
    nisam saglasan, odbijam,
    не, не благодаря, не съм съгласен, не съм съгласна, не приемам, отказвам,
    нет, нет спасибо, не согласен, не согласна, не принимаю, отказываюсь, никогда, нет не согласен, не хочу, не надо,
    ні, ні дякую, не згоден, не згодна, не погоджуюсь, не погоджуюся, відмовляюсь, ніколи, не приймаю,
    όχι, όχι ευχαριστώ, διαφωνώ, δεν συμφωνώ, δεν αποδέχομαι, αρνούμαι, ποτέ, δεν συναινώ, δεν δέχομαι,
    hayır, hayır teşekkürler, kabul etmiyorum, onaylamıyorum, istemiyorum, hayır kabul etmiyorum, yok, asla,
    katılmıyorum, izin vermiyorum, reddediyorum,
    nej, nej tack, nej tak, jag godkänner inte, jag samtycker inte, nei, nei takk, jeg samtykker ikke,
    jeg accepterer ikke, jeg godtar ikke, ingen,
    aldrig, aldri, ikke enig, uenig, inte,
    ei, ei kiitos, en hyväksy, en suostu, en halua, eri mieltä, ei koskaan,
    لا, لا أوافق, غير موافق, لا شكرا, ارفض, أرفض, لا اوافق, غير موافقة, كلا, لا أرغب, أبدا, خطأ,
    לא, לא תודה, לא מסכים, לא מסכימה, אני לא מסכים, אני לא מסכימה, לא מאשר, לא מאשרת, אף פעם, לא מעוניין,
    לא מעוניינת, אין,
    नहीं, जी नहीं, असहमत, मैं सहमत नहीं हूँ, मैं सहमत नहीं हूं, अस्वीकार, नही, सहमत नहीं, नहीं धन्यवाद, कभी नहीं,
    ना, गलत,
    いいえ, 同意しない, 同意しません, 希望しない, 希望しません, 不要, 拒否, 拒否する, いらない, 受け取らない, 不可,
    なし, 特になし, いいえ同意しません, 無し, 配信しない,
    否, 不, 不是, 不同意, 我不同意, 不愿意, 不願意, 不接受, 不可以, 不用, 不需要, 拒绝, 拒絕, 不允许, 不允許, 没有,
    沒有, 不希望, 不要, 不用了, 假, 不好, 无, 無,
    아니요, 아니오, 아니, 동의하지 않음, 동의하지 않습니다, 동의 안함, 거부, 미동의, 거절, 원하지 않음, 없음,
    싫어요, 원하지 않습니다, 수신 거부, 거짓, 아뇨, 비동의,
    ไม่, ไม่ใช่, ไม่ยินยอม, ไม่ยอมรับ, ไม่ตกลง, ไม่เห็นด้วย, ไม่ต้องการ, ไม่ได้, ไม่มี, ไม่ครับ, ไม่ค่ะ, ไม่อนุญาต,
    ปฏิเสธ,
    không, không đồng ý, tôi không đồng ý, không chấp nhận, không cảm ơn, chưa, từ chối, không muốn, không có,
    tidak, tidak setuju, saya tidak setuju, tidak bersedia, tidak terima kasih, menolak, tidak mau, bukan,
    tidak ada, nggak, tidak boleh
"""
LONGEST_PHRASE = 60


def said_yes(value: JsonValue) -> bool | None:
    """Return whether a value is a yes or a no; None if it is neither."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, str | int) or len(str(value)) > LONGEST_PHRASE:
        return None
    return MEANINGS.get(_phrase(str(value)))


def _phrase(text: str) -> str:
    return " ".join(folded(text))


def _phrases(listed: str) -> list[str]:
    return [phrase for listed_phrase in listed.split(",") if (phrase := _phrase(listed_phrase))]


MEANINGS = dict.fromkeys(_phrases(_YES), True) | dict.fromkeys(_phrases(_NO), False)
