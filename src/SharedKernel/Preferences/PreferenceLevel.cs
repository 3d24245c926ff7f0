namespace Lectern.SharedKernel.Preferences;

/// <summary>Where a preference can be set. Each level wins over the ones before it.</summary>
public enum PreferenceLevel
{
    /// <summary>For everybody, by administrators of the platform.</summary>
    Platform,

    /// <summary>For a workspace, by its admins.</summary>
    Workspace,

    /// <summary>For oneself, in whatever workspace.</summary>
    Person,
}
