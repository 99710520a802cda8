#pragma once
// Just enough SVG for a picture: shapes in the order they are drawn, coordinates in pixels.

#include <string>
#include <string_view>

namespace mycel::sim {

class Svg {
 public:
  void rectangle(double x, double y, double width, double height, std::string_view look,
                 std::string_view tip = {});
  void line(double x1, double y1, double x2, double y2, std::string_view look,
            std::string_view tip = {});
  /// Closed; `points` as "0,0 1,0 1,1".
  void polygon(std::string_view points, std::string_view look, std::string_view tip = {});
  void text(double x, double y, std::string_view words, std::string_view look = {});
  /// The whole file. `style` is CSS.
  std::string file(double width, double height, std::string_view style) const;

  /// One digit after the point, without a useless zero.
  static std::string number(double value);

 private:
  void shape(std::string_view tag, const std::string& geometry, std::string_view look,
             std::string_view tip);
  std::string body_;
};

}  // namespace mycel::sim
