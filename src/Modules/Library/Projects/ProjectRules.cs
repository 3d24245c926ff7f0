using Lectern.SharedKernel;

namespace Lectern.Library.Projects;

/// <summary>
/// What a project may hold. Two may have the same name, as folders of different people do: the id tells them apart.
/// </summary>
internal static class ProjectRules
{
    public const int LongestName = 100;
    public const int LongestDescription = 2_000;

    /// <summary>So many that nobody makes them by hand, and so few that a search can read all of a workspace's.</summary>
    public const int MostProjects = 10_000;

    public static IEnumerable<FieldError> NameFaults(string name)
    {
        if (name.Length is 0 or > LongestName || name.Any(char.IsControl))
            yield return new FieldError("/name", $"must have 1 to {LongestName} characters, all of one line");
    }

    public static IEnumerable<FieldError> DescriptionFaults(string description)
    {
        if (description.Length > LongestDescription)
            yield return new FieldError("/description", $"may have at most {LongestDescription} characters");
    }
}
