namespace Lectern.Voices.Contracts;

/// <summary>How a character speaks.</summary>
/// <param name="Speed">1 is the voice's own pace; 0.5 to 2.</param>
/// <param name="Steps">How many steps an engine takes that imitates the sample with each request; 4 to 64.</param>
/// <param name="CrossFade">Seconds over which such an engine joins the pieces of a long text; 0 to 1.</param>
/// <param name="RemoveSilences">Whether such an engine cuts out long pauses.</param>
public sealed record CharacterParameters(
    double Speed = 1,
    int Steps = 32,
    double CrossFade = 0.15,
    bool RemoveSilences = true
);
