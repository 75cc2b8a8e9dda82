namespace GenAgent.Micro.Scenes;

/// <summary>The plain colour behind the objects: always neutral, so that no object has the background's colour.</summary>
public enum CanvasColor
{
    /// <summary>White.</summary>
    White,

    /// <summary>Middle gray.</summary>
    Gray,

    /// <summary>Black.</summary>
    Black,
}
