using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Captions;

/// <summary>
/// Words around a caption that the miniature's text encoders have no token for, as people's are. None are the benchmark's own: what is learned from
/// them is to pass over what is not known.
/// </summary>
internal static class CaptionFillers
{
    private static readonly string[] Openings =
    [
        "sketch ", "wanted: ", "would you do ", "could you paint ", "here we see ", "poster with ", "cartoon of ", "someone drew ", "give us ", "clip art of ",
        "a scene with ",
        "kindly create ", "imagine ", "there should be ", "a minimal illustration of ", "flat icons: ", "my kid wants ", "paint ", "we see ",
        "an artwork featuring ",
    ];

    private static readonly string[] Joints = [" plus ", " along with ", " as well as ", " accompanied by "];

    /// <summary>Puts an opening before most captions, and now and then another joint in the place of an "and".</summary>
    public static string Surround(string caption, SeededDraws draws)
    {
        var and = caption.IndexOf(" and ", StringComparison.Ordinal);
        if (and > 0 && draws.Chance(0.2))
            caption = string.Concat(caption.AsSpan(0, and), draws.Pick(Joints), caption.AsSpan(and + " and ".Length));
        return draws.Chance(0.85) ? draws.Pick(Openings) + caption : caption;
    }
}
