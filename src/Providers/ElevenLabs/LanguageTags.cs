namespace Lectern.Providers.ElevenLabs;

/// <summary>
/// BCP-47 tags of the three-letter codes that Scribe answers with: a tag has the shorter code where there is one.
/// </summary>
internal static class LanguageTags
{
    // ISO 639-3 to 639-1, of the languages of https://elevenlabs.io/docs/capabilities/speech-to-text that have both.
    private static readonly Dictionary<string, string> Shorter = (
        "afr=af amh=am ara=ar asm=as aze=az bel=be ben=bn bos=bs bul=bg cat=ca ces=cs cmn=zh cym=cy dan=da deu=de ell=el "
        + "eng=en est=et fas=fa fin=fi fra=fr ful=ff gle=ga glg=gl guj=gu hau=ha heb=he hin=hi hrv=hr hun=hu hye=hy ibo=ig "
        + "ind=id isl=is ita=it jav=jv jpn=ja kan=kn kat=ka kaz=kk khm=km kir=ky kor=ko kur=ku lao=lo lav=lv lin=ln lit=lt "
        + "ltz=lb lug=lg mal=ml mar=mr mkd=mk mlt=mt mon=mn mri=mi msa=ms mya=my nep=ne nld=nl nor=no nya=ny oci=oc ori=or "
        + "pan=pa pol=pl por=pt pus=ps ron=ro rus=ru slk=sk slv=sl sna=sn snd=sd som=so spa=es srp=sr swa=sw swe=sv tam=ta "
        + "tel=te tgk=tg tha=th tur=tr ukr=uk urd=ur uzb=uz vie=vi wol=wo xho=xh zho=zh zul=zu"
    )
        .Split(' ')
        .Select(pair => pair.Split('='))
        .ToDictionary(pair => pair[0], pair => pair[1]);

    /// <summary>Null for what is no code of a language.</summary>
    public static string? OfCode(string? code) =>
        code is { Length: 2 or 3 } && code.All(char.IsAsciiLetterLower) ? Shorter.GetValueOrDefault(code, code) : null;
}
