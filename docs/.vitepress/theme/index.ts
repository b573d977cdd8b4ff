import DefaultTheme from 'vitepress/theme';
import './brand.css';
import './site.css';

export default DefaultTheme;
