namespace Lectern.Jobs;

/// <summary>What can be made; stored names, never changed.</summary>
internal static class JobKinds
{
    public const string Audiobook = "audiobook";
}
