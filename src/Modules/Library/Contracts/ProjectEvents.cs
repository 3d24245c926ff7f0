namespace Lectern.Library.Contracts;

/// <summary>A project was made. Its name and description stand in no event.</summary>
public sealed record ProjectCreated;

/// <summary>A project got another name or description.</summary>
/// <param name="Named">Whether it has another name.</param>
/// <param name="Described">Whether it has another description.</param>
public sealed record ProjectChanged(bool Named, bool Described);

/// <summary>A project is gone. What was in it stays, and is in none.</summary>
public sealed record ProjectDeleted;
